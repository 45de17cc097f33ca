#include "zoo/tests/support/no_effects.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

namespace zoo {
namespace {

// The low halves of a call's arguments, as every machine this runs on lays them out.
constexpr uint32_t ArgumentAt(int i) {
  return static_cast<uint32_t>(offsetof(seccomp_data, args) + 8 * static_cast<size_t>(i));
}

class Filter {
 public:
  Filter() { Load(offsetof(seccomp_data, nr)); }

  void Answer(long call, uint32_t action) {
    Jump(BPF_JEQ, static_cast<uint32_t>(call), 0, 1);
    Return(action);
  }
  // Ends the process when the argument has one of these bits, or has not where `wanted`.
  void KillUnless(long call, int argument, uint32_t bits, bool wanted) {
    Jump(BPF_JEQ, static_cast<uint32_t>(call), 0, 4);
    Load(ArgumentAt(argument));
    Jump(BPF_JSET, bits, wanted ? 1 : 0, wanted ? 0 : 1);
    Return(SECCOMP_RET_KILL_PROCESS);
    Return(SECCOMP_RET_ALLOW);
  }
  bool Install() {
    Return(SECCOMP_RET_ALLOW);
    sock_fprog program{static_cast<unsigned short>(code_.size()), code_.data()};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
  }

 private:
  void Load(uint32_t at) { code_.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at)); }
  void Jump(uint16_t test, uint32_t value, uint8_t yes, uint8_t no) {
    code_.push_back(BPF_JUMP(static_cast<uint16_t>(BPF_JMP | test | BPF_K), value, yes, no));
  }
  void Return(uint32_t action) { code_.push_back(BPF_STMT(BPF_RET | BPF_K, action)); }

  std::vector<sock_filter> code_;
};

}  // namespace

bool ForbidEffects() {
  Filter filter;
  for (long call : std::initializer_list<long>{
           SYS_execve, SYS_execveat, SYS_socket,   SYS_connect,   SYS_bind,
           SYS_sendto, SYS_mkdirat,  SYS_unlinkat, SYS_renameat2, SYS_symlinkat,
           SYS_linkat, SYS_mknodat,  SYS_ptrace,   SYS_openat2,
#ifdef SYS_fork
           SYS_fork,   SYS_vfork,    SYS_creat,    SYS_mkdir,     SYS_unlink,
           SYS_rename, SYS_symlink,  SYS_link,
#endif
       }) {
    filter.Answer(call, SECCOMP_RET_KILL_PROCESS);
  }
  // Its flags are in memory, where no filter sees them: the C library falls back to clone.
  filter.Answer(SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);
  filter.KillUnless(SYS_clone, 0, CLONE_THREAD, true);
  constexpr uint32_t kWriting = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND;
  filter.KillUnless(SYS_openat, 2, kWriting, false);
#ifdef SYS_open
  filter.KillUnless(SYS_open, 1, kWriting, false);
#endif
  return filter.Install();
}

}  // namespace zoo
