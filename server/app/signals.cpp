#include "app/signals.h"

#include <pthread.h>
#include <signal.h>

#include <initializer_list>

namespace limen::app {

namespace {

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

sigset_t all_signals() {
  sigset_t set = stop_signals();
  sigaddset(&set, SIGHUP);
  return set;
}

}  // namespace

Signals::Signals() {
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, nullptr);
  // A shell starts what it puts into the background with SIGINT ignored, and an ignored signal
  // would never be waited for.
  struct sigaction normal {};
  normal.sa_handler = SIG_DFL;
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaction(signal, &normal, nullptr);
  const sigset_t set = all_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

Signal Signals::wait() const {
  const sigset_t set = all_signals();
  while (true) {
    const int signal = sigwaitinfo(&set, nullptr);
    if (signal == SIGHUP) return Signal::reload;
    if (signal == SIGTERM || signal == SIGINT) return Signal::stop;
  }
}

void Signals::let_go() const {
  const sigset_t set = stop_signals();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace limen::app
