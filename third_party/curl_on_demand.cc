// The functions of the system's libcurl that this tree calls. It brings thirty libraries along,
// which would more than double the time in which a program starts.
#include <curl/curl.h>

#ifdef __APPLE__
#define ZOO_LIBRARY "libcurl.4.dylib"
#else
#define ZOO_LIBRARY "libcurl.so.4"
#endif
#include "on_demand.h"

// curl.h defines macros of these names for the sake of C.
#undef curl_easy_getinfo
#undef curl_easy_setopt

// As ZOO_ON_DEMAND; the third argument of these is always a word: a long, a pointer or a
// curl_off_t.
#define ZOO_ON_DEMAND_VARIADIC(name, Option)                               \
  CURLcode name(CURL* easy, Option option, ...) {                          \
    static_assert(sizeof(void*) == sizeof(curl_off_t));                    \
    static auto* const real = Find<decltype(name)>(#name);                 \
    va_list arguments;                                                     \
    va_start(arguments, option);                                           \
    void* word = va_arg(arguments, void*);                                 \
    va_end(arguments);                                                     \
    return real == nullptr ? CURLE_FAILED_INIT : real(easy, option, word); \
  }

extern "C" {

ZOO_ON_DEMAND(CURLcode, CURLE_FAILED_INIT, curl_global_init, (long flags), (flags))
ZOO_ON_DEMAND(CURL*, nullptr, curl_easy_init, (), ())
ZOO_ON_DEMAND(void, void(), curl_easy_cleanup, (CURL * easy), (easy))
ZOO_ON_DEMAND(void, void(), curl_easy_reset, (CURL * easy), (easy))
ZOO_ON_DEMAND(const char*, "libcurl cannot be loaded", curl_easy_strerror, (CURLcode code), (code))
ZOO_ON_DEMAND_VARIADIC(curl_easy_setopt, CURLoption)
ZOO_ON_DEMAND_VARIADIC(curl_easy_getinfo, CURLINFO)
ZOO_ON_DEMAND(CURLM*, nullptr, curl_multi_init, (), ())
ZOO_ON_DEMAND(CURLMcode, CURLM_BAD_HANDLE, curl_multi_cleanup, (CURLM * multi), (multi))
ZOO_ON_DEMAND(CURLMcode, CURLM_BAD_HANDLE, curl_multi_add_handle, (CURLM * multi, CURL* easy),
              (multi, easy))
ZOO_ON_DEMAND(CURLMcode, CURLM_BAD_HANDLE, curl_multi_remove_handle, (CURLM * multi, CURL* easy),
              (multi, easy))
ZOO_ON_DEMAND(CURLMcode, CURLM_BAD_HANDLE, curl_multi_perform, (CURLM * multi, int* running),
              (multi, running))
ZOO_ON_DEMAND(CURLMcode, CURLM_BAD_HANDLE, curl_multi_poll,
              (CURLM * multi, curl_waitfd extra[], unsigned count, int timeout_ms, int* ready),
              (multi, extra, count, timeout_ms, ready))
ZOO_ON_DEMAND(CURLMsg*, nullptr, curl_multi_info_read, (CURLM * multi, int* left), (multi, left))
ZOO_ON_DEMAND(curl_slist*, nullptr, curl_slist_append, (curl_slist * list, const char* text),
              (list, text))
ZOO_ON_DEMAND(void, void(), curl_slist_free_all, (curl_slist * list), (list))

}  // extern "C"
