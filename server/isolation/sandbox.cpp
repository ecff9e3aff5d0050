#include "isolation/sandbox.h"

#include <grp.h>
#include <malloc.h>
#include <pwd.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

namespace limen::isolation {

namespace {

[[noreturn]] void fail(const std::string& what, int error) {
  throw std::runtime_error("the sandbox of a module's process: " + what + ": " +
                           std::strerror(error));
}

void limit(int resource, const char* name, rlim_t value) {
  rlimit now{};
  ::getrlimit(resource, &now);
  // Never above what the server itself may have.
  if (now.rlim_max != RLIM_INFINITY && value > now.rlim_max) value = now.rlim_max;
  const rlimit wanted{value, value};
  if (::setrlimit(resource, &wanted) != 0) fail(name, errno);
}

void set_limits(const SandboxLimits& limits) {
  limit(RLIMIT_CORE, "RLIMIT_CORE", 0);
  limit(RLIMIT_NOFILE, "RLIMIT_NOFILE", limits.open_files);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  // The sanitizers' shadow memory is private and writable, and larger than any sensible limit.
  ::mallopt(M_ARENA_MAX, 2);  // an arena for each thread would count as used memory
  limit(RLIMIT_DATA, "RLIMIT_DATA", limits.memory_bytes);
#else
  (void)limits.memory_bytes;
#endif
}

void become_nobody() {
  if (::geteuid() != 0) return;
  const passwd* user = ::getpwnam("limen-module");
  if (user == nullptr) user = ::getpwnam("nobody");
  if (user == nullptr) return;
  const uid_t uid = user->pw_uid;
  const gid_t gid = user->pw_gid;
  if (::setgroups(0, nullptr) != 0) fail("setgroups", errno);
  if (::setresgid(gid, gid, gid) != 0) fail("setresgid", errno);
  if (::setresuid(uid, uid, uid) != 0) fail("setresuid", errno);
}

constexpr const char* kForbidden[] = {"execve",
                                      "execveat",
                                      "fork",
                                      "vfork",
                                      "ptrace",
                                      "process_vm_readv",
                                      "process_vm_writev",
                                      "kcmp",
                                      "pidfd_open",
                                      "pidfd_getfd",
                                      "pidfd_send_signal",
                                      "kill",
                                      "tkill",
                                      "rt_sigqueueinfo",
                                      "rt_tgsigqueueinfo",
                                      "mount",
                                      "umount2",
                                      "pivot_root",
                                      "chroot",
                                      "unshare",
                                      "setns",
                                      "mount_setattr",
                                      "move_mount",
                                      "open_tree",
                                      "fsopen",
                                      "fsmount",
                                      "fsconfig",
                                      "fspick",
                                      "init_module",
                                      "finit_module",
                                      "delete_module",
                                      "kexec_load",
                                      "kexec_file_load",
                                      "reboot",
                                      "swapon",
                                      "swapoff",
                                      "bpf",
                                      "perf_event_open",
                                      "add_key",
                                      "request_key",
                                      "keyctl",
                                      "userfaultfd",
                                      "io_uring_setup",
                                      "io_uring_enter",
                                      "io_uring_register",
                                      "open_by_handle_at",
                                      "name_to_handle_at",
                                      "acct",
                                      "quotactl",
                                      "settimeofday",
                                      "clock_settime",
                                      "clock_adjtime",
                                      "adjtimex",
                                      "sethostname",
                                      "setdomainname",
                                      "iopl",
                                      "ioperm",
                                      "personality",
                                      "setuid",
                                      "setgid",
                                      "setreuid",
                                      "setregid",
                                      "setresuid",
                                      "setresgid",
                                      "setgroups",
                                      "setfsuid",
                                      "setfsgid",
                                      "capset",
                                      "syslog",
                                      "vhangup",
                                      "lookup_dcookie",
                                      "nfsservctl",
                                      "mbind",
                                      "migrate_pages",
                                      "move_pages"};

// A filter that is freed whatever happens.
class Filter {
 public:
  Filter() : context_(seccomp_init(SCMP_ACT_ALLOW)) {
    if (context_ == nullptr) fail("seccomp", ENOMEM);
  }
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;
  ~Filter() { seccomp_release(context_); }

  void forbid(const char* name, std::uint32_t action) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR) return;  // not on this machine
    add(name, seccomp_rule_add(context_, action, number, 0));
  }
  // clone() only for threads; clone3() hides its flags, and without it the C library uses clone().
  void only_threads() {
    const scmp_arg_cmp no_thread = SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0);
    add("clone", seccomp_rule_add(context_, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1, no_thread));
    forbid("clone3", SCMP_ACT_ERRNO(ENOSYS));
  }
  // abort() signals its own thread that way.
  void signal_only(pid_t self) {
    const scmp_arg_cmp other = SCMP_A0(SCMP_CMP_NE, static_cast<scmp_datum_t>(self));
    add("tgkill", seccomp_rule_add(context_, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(tgkill), 1, other));
  }
  void load() {
    // The threads that are there already get the filter too.
    seccomp_attr_set(context_, SCMP_FLTATR_CTL_TSYNC, 1);
    if (const int error = seccomp_load(context_); error != 0) fail("seccomp", -error);
  }

 private:
  static void add(const char* name, int result) {
    if (result != 0 && result != -EDOM) fail(std::string("seccomp rule for ") + name, -result);
  }
  scmp_filter_ctx context_;
};

}  // namespace

void enter_sandbox(const SandboxLimits& limits) {
  set_limits(limits);
  become_nobody();
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) fail("PR_SET_DUMPABLE", errno);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) fail("PR_SET_NO_NEW_PRIVS", errno);
  Filter filter;
  for (const char* name : kForbidden) filter.forbid(name, SCMP_ACT_ERRNO(EPERM));
  filter.only_threads();
  filter.signal_only(::getpid());
  filter.load();
}

}  // namespace limen::isolation
