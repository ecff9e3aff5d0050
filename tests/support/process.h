// A program that a test runs beside itself: started, killed, stopped and let go on. It dies with
// the test, whatever becomes of that. Thread-confined: the thread that started it must outlive it.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace limen::test {

class Process {
 public:
  // What it prints is added to the file `log`. The program is looked up as a shell does.
  Process(std::vector<std::string> words, std::string log)
      : words_(std::move(words)), log_(std::move(log)) {}
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() { kill(); }

  void start() {
    kill();
    std::vector<char*> arguments;
    for (std::string& word : words_) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const pid_t parent = getpid();
    pid_ = fork();
    if (pid_ < 0) throw std::runtime_error("cannot start " + words_.front());
    if (pid_ > 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
    const int log = open(log_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    execvp(arguments.front(), arguments.data());
    _exit(127);
  }

  // True while it runs or is stopped; once false, status() tells how it ended.
  bool running() {
    if (pid_ <= 0) return false;
    if (waitpid(pid_, &status_, WNOHANG) != pid_) return true;
    pid_ = -1;
    return false;
  }
  // As waitpid(2) gives it.
  int status() const { return status_; }
  bool killed_by_itself() const {
    return WIFSIGNALED(status_) && WTERMSIG(status_) != SIGKILL && WTERMSIG(status_) != SIGTERM;
  }

  // As a power cut would; also when it is stopped.
  void kill() { end(SIGKILL); }
  void terminate() { end(SIGTERM); }
  void stop() { signal(SIGSTOP); }
  void go_on() { signal(SIGCONT); }
  const std::string& log() const { return log_; }

 private:
  void signal(int number) const {
    if (pid_ > 0) ::kill(pid_, number);
  }
  void end(int number) {
    if (pid_ <= 0) return;
    signal(number);
    waitpid(pid_, &status_, 0);
    pid_ = -1;
  }

  std::vector<std::string> words_;
  std::string log_;
  pid_t pid_ = -1;
  int status_ = 0;
};

}  // namespace limen::test
