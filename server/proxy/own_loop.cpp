#include "proxy/own_loop.h"

#include <pthread.h>

#include <thread>

namespace limen::proxy {

namespace {

class OwnLoop {
 public:
  OwnLoop() : thread_([this] { loop_.run(); }) {
    pthread_setname_np(thread_.native_handle(), "outbound");
  }
  ~OwnLoop() {
    loop_.stop();
    thread_.join();
  }
  OwnLoop(const OwnLoop&) = delete;
  OwnLoop& operator=(const OwnLoop&) = delete;
  transport::EventLoop& loop() { return loop_; }

 private:
  transport::EventLoop loop_;
  std::thread thread_;
};

}  // namespace

transport::EventLoop& own_loop() {
  static OwnLoop own;
  return own.loop();
}

}  // namespace limen::proxy
