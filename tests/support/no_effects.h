// ForbidEffects: from here on this process can read, allocate and write to what is open, and no
// more. The kernel ends it with SIGSYS when it starts a program or another process, opens a socket,
// or opens a file in order to write; threads are allowed. For a forked child of a test.
#ifndef ZOO_TESTS_SUPPORT_NO_EFFECTS_H_
#define ZOO_TESTS_SUPPORT_NO_EFFECTS_H_

namespace zoo {

// Whether the kernel took the rule.
bool ForbidEffects();

}  // namespace zoo

#endif  // ZOO_TESTS_SUPPORT_NO_EFFECTS_H_
