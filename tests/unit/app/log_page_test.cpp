// The page by which the levels of the log are read and changed.
#include "app/log_page.h"

#include <gtest/gtest.h>

#include "app/log_setup.h"
#include "support/fake_exchange.h"
#include "support/inline_executor.h"

namespace limen::app {
namespace {

class LogPageTest : public testing::Test {
 protected:
  void TearDown() override { log::set_level(log::Level::info); }

  // "STATUS TEXT"
  std::string ask(const std::string& method, const std::string& body = {}) {
    const auto exchange = std::make_shared<test::FakeExchange>(loop_);
    exchange->request(method, std::string(kLogPage));
    if (!body.empty()) exchange->body(body);
    request::RequestContext context(exchange, base::Deadline::max());
    test::run_task(loop_, answer_log_page(context));
    EXPECT_EQ(context.status(), exchange->status);
    return std::to_string(exchange->status) + ' ' + exchange->answer;
  }

  test::InlineExecutor loop_;
};

TEST_F(LogPageTest, TellsTheLevels) {
  log::set_levels({log::Level::warn, {{"authn", log::Level::debug}}});
  EXPECT_EQ(ask("GET"), "200 warn\nauthn=debug\n");
}

TEST_F(LogPageTest, ALevelIsForAllAndLeavesTheOthers) {
  EXPECT_EQ(ask("PUT", "authn=warn,module/rbac=debug"),
            "200 info\nauthn=warn\nmodule/rbac=debug\n");
  EXPECT_EQ(ask("PUT", " error\n"), "200 error\nauthn=warn\nmodule/rbac=debug\n");
  EXPECT_EQ(ask("PUT", "authn=\nmodule/rbac="), "200 error\n");
}

TEST_F(LogPageTest, NumbersAreKubernetesVerbosity) {
  EXPECT_EQ(ask("PUT", "4"), "200 successfully set klog.logging.verbosity to 4");
  EXPECT_EQ(log::levels().all, log::Level::debug);
  EXPECT_EQ(ask("PUT", "3\n"), "200 successfully set klog.logging.verbosity to 3");
  EXPECT_EQ(log::levels().all, log::Level::info);
}

TEST_F(LogPageTest, AMistakeChangesNothing) {
  EXPECT_EQ(ask("PUT", "debug,authn=loud"),
            "400 the level of authn must be debug, info, warn or error\n");
  EXPECT_EQ(ask("PUT", "rbac=debug"),
            "400 the source must be a room of the server such as authn, or module/NAME for an "
            "instance\n");
  EXPECT_EQ(ask("PUT", "loud"), "400 the level must be debug, info, warn or error\n");
  EXPECT_EQ(ask("PUT"), "400 no level is given: write debug, info, warn or error\n");
  EXPECT_EQ(log::levels().all, log::Level::info);
}

TEST_F(LogPageTest, SoManySourcesAndNoMore) {
  std::string body;
  for (int i = 0; i < 1000; ++i) body += "module/m" + std::to_string(i) + "=warn,";
  EXPECT_TRUE(ask("PUT", body).starts_with("200 "));
  EXPECT_EQ(ask("PUT", "module/one-more=warn"), "400 too many sources have a level of their own\n");
}

TEST_F(LogPageTest, OtherMethodsAreNotSupported) {
  EXPECT_EQ(ask("POST", "debug"), "406 unsupported http method\n");
}

TEST_F(LogPageTest, TheConfigurationIsWhatCountsAgainWhenItIsRead) {
  ask("PUT", "debug,authn=debug");
  config::Log options;
  options.level = "warn";
  options.levels = {"audit=error", "module/a=b=debug"};
  set_up_log(options);
  EXPECT_EQ(ask("GET"), "200 warn\naudit=error\nmodule/a=b=debug\n");
}

}  // namespace
}  // namespace limen::app
