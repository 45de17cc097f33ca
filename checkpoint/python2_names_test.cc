#include "zoo/checkpoint/python2_names.h"

#include <gtest/gtest.h>

namespace zoo {
namespace {

TEST(Python3Name, RenamesAsPythonDoes) {
  struct Row {
    GlobalName from, to;
  };
  const Row rows[] = {
      {{"__builtin__", "xrange"}, {"builtins", "range"}},
      {{"__builtin__", "set"}, {"builtins", "set"}},
      {{"builtins", "set"}, {"builtins", "set"}},
      {{"UserDict", "IterableUserDict"}, {"collections", "UserDict"}},
      {{"UserDict", "DictMixin"}, {"collections", "DictMixin"}},
      {{"exceptions", "StandardError"}, {"builtins", "Exception"}},
      {{"exceptions", "ValueError"}, {"builtins", "ValueError"}},
      {{"copy_reg", "_reconstructor"}, {"copyreg", "_reconstructor"}},
      {{"itertools", "izip"}, {"builtins", "zip"}},
      {{"itertools", "count"}, {"itertools", "count"}},
      {{"whichdb", "whichdb"}, {"dbm", "whichdb"}},
      {{"whichdb", "other"}, {"dbm", "other"}},
      {{"xmlrpclib", "DateTime"}, {"xmlrpc.client", "DateTime"}},
      {{"BaseHTTPServer", "x"}, {"http.server", "x"}},
      {{"", ""}, {"", ""}},
      {{"zzz", "z"}, {"zzz", "z"}},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(Python3Name(row.from), row.to) << row.from.module << " " << row.from.name;
  }
}

}  // namespace
}  // namespace zoo
