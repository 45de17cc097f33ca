// Functions of a system library, each of which loads the library when it is first called: for
// libraries that bring so many others along that a program which never calls them would start late.
// A file that includes this defines ZOO_LIBRARY, the library's file name, and then each function
// that the tree calls; one that is called and not listed there does not link: add it.
#ifndef ZOO_THIRD_PARTY_ON_DEMAND_H_
#define ZOO_THIRD_PARTY_ON_DEMAND_H_

#include <dlfcn.h>

#include <cstdarg>

// Without a name, because each file that includes this has a library of its own.
namespace {

// The library's own function, or null if there is no library.
template <typename Function>
Function* Find(const char* name) {
  static void* const library = dlopen(ZOO_LIBRARY, RTLD_NOW | RTLD_LOCAL);
  return library == nullptr ? nullptr : reinterpret_cast<Function*>(dlsym(library, name));
}

}  // namespace

// `failure` is what is returned if there is no library.
#define ZOO_ON_DEMAND(result, failure, name, parameters, arguments) \
  result name parameters {                                          \
    static auto* const real = Find<decltype(name)>(#name);          \
    return real == nullptr ? failure : real arguments;              \
  }

#endif  // ZOO_THIRD_PARTY_ON_DEMAND_H_
