#include "app/notify.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "support/scratch_folder.h"

namespace limen::app {
namespace {

using namespace std::chrono_literals;

// The manager's end of the protocol.
class Listener {
 public:
  explicit Listener(const std::string& name)
      : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    std::memcpy(at.sun_path, name.data(), name.size());
    if (name[0] == '@') at.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() +
                                             (name[0] == '/' ? 1 : 0));
    bound_ = ::bind(socket_, reinterpret_cast<const sockaddr*>(&at), size) == 0;
  }
  ~Listener() { ::close(socket_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  bool bound() const { return bound_; }
  // What has been told, one datagram; "" when nothing has.
  std::string heard() const {
    std::array<char, 512> buffer{};
    const ssize_t size = ::recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    return size > 0 ? std::string(buffer.data(), static_cast<std::size_t>(size)) : std::string();
  }

 private:
  int socket_;
  bool bound_ = false;
};

class NotifyTest : public testing::Test {
 protected:
  void TearDown() override {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) unsetenv(name);
  }
  test::ScratchFolder folder_;
  const std::string path_ = folder_ / "notify";
};

TEST_F(NotifyTest, TellsWhatBecomesOfTheService) {
  const Listener listener(path_);
  ASSERT_TRUE(listener.bound());
  const ServiceManager manager(path_, 0us);
  manager.ready("serving");
  EXPECT_EQ(listener.heard(), "READY=1\nSTATUS=serving");
  manager.ready("");
  EXPECT_EQ(listener.heard(), "READY=1");
  manager.ready("refused: line 1\nSTOPPING=1");
  EXPECT_EQ(listener.heard(), "READY=1\nSTATUS=refused: line 1 STOPPING=1");
  manager.alive();
  EXPECT_EQ(listener.heard(), "WATCHDOG=1");
  manager.reloading();
  const std::string reloading = listener.heard();
  EXPECT_EQ(reloading.substr(0, 28), "RELOADING=1\nMONOTONIC_USEC=" + reloading.substr(27, 1));
  EXPECT_GT(std::stoll(reloading.substr(27)), 0);
  manager.stopping(1500ms);
  EXPECT_EQ(listener.heard(), "STOPPING=1\nSTATUS=stopping\nEXTEND_TIMEOUT_USEC=1500000");
  EXPECT_EQ(listener.heard(), "");
}

TEST_F(NotifyTest, GivesTheWatchdogTheTimeOfTheStop) {
  const Listener listener(path_);
  ASSERT_TRUE(listener.bound());
  ServiceManager(path_, 30s).stopping(100s);
  EXPECT_EQ(listener.heard(),
            "STOPPING=1\nSTATUS=stopping\nEXTEND_TIMEOUT_USEC=100000000\nWATCHDOG_USEC=100000000");
}

TEST_F(NotifyTest, SpeaksToAbstractSockets) {
  const std::string name = "@limen-notify-test-" + std::to_string(getpid());
  const Listener listener(name);
  ASSERT_TRUE(listener.bound());
  ServiceManager(name, 0us).alive();
  EXPECT_EQ(listener.heard(), "WATCHDOG=1");
}

TEST_F(NotifyTest, TakesItsWordsOutOfTheEnvironment) {
  const Listener listener(path_);
  ASSERT_TRUE(listener.bound());
  setenv("NOTIFY_SOCKET", path_.c_str(), 1);
  setenv("WATCHDOG_USEC", "30000000", 1);
  setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  const ServiceManager manager = ServiceManager::of_environment();
  EXPECT_EQ(manager.watchdog(), 30s);
  manager.alive();
  EXPECT_EQ(listener.heard(), "WATCHDOG=1");
  for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) {
    EXPECT_EQ(getenv(name), nullptr) << name;
  }
}

TEST_F(NotifyTest, ThereIsNoWatchdogForAnotherProcessNorOneOfNoTime) {
  setenv("WATCHDOG_USEC", "30000000", 1);
  setenv("WATCHDOG_PID", "1", 1);
  EXPECT_EQ(ServiceManager::of_environment().watchdog(), 0us);
  setenv("WATCHDOG_USEC", "30000000", 1);
  EXPECT_EQ(ServiceManager::of_environment().watchdog(), 30s);
  for (const char* value : {"0", "-1", "soon", ""}) {
    setenv("WATCHDOG_USEC", value, 1);
    EXPECT_EQ(ServiceManager::of_environment().watchdog(), 0us) << value;
  }
}

TEST_F(NotifyTest, NobodyHasToListen) {
  ServiceManager().ready("serving");
  ServiceManager(path_, 0us).alive();
  ServiceManager("relative/path", 0us).alive();
  ServiceManager("@", 0us).alive();
  ServiceManager('/' + std::string(200, 'x'), 0us).alive();
}

// A manager that does not read must not hold up the loop that says it is alive.
TEST_F(NotifyTest, ASignOfLifeDoesNotWait) {
  const Listener listener(path_);
  ASSERT_TRUE(listener.bound());
  const ServiceManager manager(path_, 0us);
  for (int i = 0; i < 10'000; ++i) manager.alive();
  EXPECT_EQ(listener.heard(), "WATCHDOG=1");
}

}  // namespace
}  // namespace limen::app
