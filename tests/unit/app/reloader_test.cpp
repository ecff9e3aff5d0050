#include "app/reloader.h"

#include <gtest/gtest.h>

#include <future>

#include "app/changed_keys.h"
#include "observability/metrics.h"

namespace limen::app {
namespace {

using Texts = std::vector<std::string>;

class ReloaderTest : public testing::Test {
 protected:
  // A part that writes down what happens to it; `fails` is what its preparation throws.
  Reloadable part(const std::string& name, Texts keys = {}, const std::string& fails = {}) {
    return {name, std::move(keys),
            [this, name, fails](const config::ServerConfiguration&, ReloadReport&) -> ReloadCommit {
              said.push_back("prepare " + name);
              if (!fails.empty()) throw std::runtime_error(fails);
              return [this, name](ReloadReport&) { said.push_back("commit " + name); };
            }};
  }
  void make(std::vector<Reloadable> parts) {
    reloader = std::make_unique<Reloader>(
        running, [this] { return next; }, std::move(parts), [] { return std::uint64_t{7}; });
  }
  ReloadReport reload(const std::string& by = "SIGHUP") {
    std::promise<ReloadReport> report;
    reloader->request(by, [&report](const ReloadReport& told) { report.set_value(told); });
    return report.get_future().get();
  }

  config::ServerConfiguration running;
  config::Loaded next;
  Texts said;
  std::unique_ptr<Reloader> reloader;
};

TEST_F(ReloaderTest, CommitsWhenEveryPartIsPrepared) {
  make({part("one"), part("two")});
  const ReloadReport report = reload("bob");
  EXPECT_TRUE(report.applied);
  EXPECT_EQ(report.by, "bob");
  EXPECT_EQ(report.generation, 7u);
  EXPECT_EQ(said, (Texts{"prepare one", "prepare two", "commit one", "commit two"}));
  EXPECT_EQ(reloader->last()->by, "bob");
}

TEST_F(ReloaderTest, ChangesNothingWhenAPartRefuses) {
  make({part("one"), part("two", {}, "two cannot"), part("three")});
  const ReloadReport report = reload();
  EXPECT_FALSE(report.applied);
  EXPECT_EQ(report.reason, "two");
  EXPECT_EQ(report.problems, Texts{"two cannot"});
  EXPECT_EQ(said, (Texts{"prepare one", "prepare two"}));
  EXPECT_NE(metrics::render().find("limen_config_last_reload_successful 0\n"), std::string::npos);
  EXPECT_NE(
      metrics::render().find("limen_config_reloads_total{outcome=\"refused\",reason=\"two\"} 1\n"),
      std::string::npos);
}

TEST_F(ReloaderTest, AsksNobodyAboutAFileWithProblems) {
  make({part("one")});
  next.findings = {{"limen.yaml", {3, 1}, "", "this", ""}, {"limen.yaml", {4, 1}, "", "that", ""}};
  const ReloadReport report = reload();
  EXPECT_FALSE(report.applied);
  EXPECT_EQ(report.reason, "config");
  EXPECT_EQ(report.problems, next.problems());
  EXPECT_TRUE(said.empty());
}

TEST_F(ReloaderTest, NamesTheChangedKeysThatNoPartTakes) {
  make({part("log", {"log"}), part("modules", {"authorizers"})});
  next.configuration.secure.port = 6444;
  next.configuration.log.level = "debug";
  next.configuration.authorizers.emplace_back().name = "rbac";
  next.configuration.disabled_controllers = {"event-ttl"};
  const ReloadReport report = reload();
  EXPECT_TRUE(report.applied);
  EXPECT_EQ(report.needs_restart, (Texts{"secure.port", "controllers.disabled"}));
  EXPECT_EQ(reloader->needs_restart(), report.needs_restart);
  // A refused reload does not make it forgotten, one with the old value does.
  next.findings = {{"", {}, "", "wrong", ""}};
  reload();
  EXPECT_EQ(reloader->needs_restart(), report.needs_restart);
  next = {};
  EXPECT_TRUE(reload().needs_restart.empty());
}

TEST_F(ReloaderTest, OneReloadAnswersAllWhoAskedBeforeItBegan) {
  std::promise<void> begun, go_on;
  std::shared_future<void> free = go_on.get_future().share();
  int prepared = 0;
  make({{"slow", {}, [&](const auto&, ReloadReport&) -> ReloadCommit {
           if (++prepared == 1) begun.set_value();
           free.wait();
           return nullptr;
         }}});
  std::promise<ReloadReport> first, second, third;
  reloader->request("a", [&](const ReloadReport& told) { first.set_value(told); });
  begun.get_future().wait();
  reloader->request("b", [&](const ReloadReport& told) { second.set_value(told); });
  reloader->request("c", [&](const ReloadReport& told) { third.set_value(told); });
  go_on.set_value();
  EXPECT_EQ(first.get_future().get().by, "a");
  EXPECT_EQ(second.get_future().get().by, "b, c");
  EXPECT_EQ(third.get_future().get().by, "b, c");
  EXPECT_EQ(prepared, 2);
}

TEST_F(ReloaderTest, RefusesWhenItIsStopped) {
  make({part("one")});
  reloader->stop();
  const ReloadReport report = reload();
  EXPECT_FALSE(report.applied);
  EXPECT_EQ(report.problems, Texts{"the server is stopping"});
  EXPECT_TRUE(said.empty());
}

TEST(ReloadText, SaysWhatHappenedInLines) {
  ReloadReport report;
  report.applied = true;
  report.generation = 3;
  report.modules = {{modules::Kind::authorizer, "company", modules::Change::added},
                    {modules::Kind::authorizer, "rbac", modules::Change::kept}};
  report.warnings = {"mind this"};
  report.needs_restart = {"secure.port"};
  EXPECT_EQ(reload_text(to_json(report)),
            "applied: generation 3 of the modules serves\n"
            "  added        authorizer company\n"
            "  1 carried over\n"
            "warning: mind this\n"
            "needs a restart: secure.port\n");
  report = {};
  report.problems = {"limen.yaml:3:1: this"};
  EXPECT_EQ(reload_text(to_json(report)),
            "refused: the old configuration goes on serving\n  limen.yaml:3:1: this\n");
}

TEST(ChangedKeys, CoverWhatHoldsMoreThanOneValue) {
  const config::ServerConfiguration before;
  EXPECT_TRUE(changed_keys(before, before).empty());
  config::ServerConfiguration after;
  after.secure.sni_certificates.emplace_back().cert_file = "x";
  after.storage.config = boost::json::object{{"path", "elsewhere"}};
  after.admission.emplace_back().name = "a";
  after.storage_encryption = "enc.yaml";
  after.request_timeout = std::chrono::seconds(61);
  EXPECT_EQ(changed_keys(before, after), (Texts{"requestTimeout", "secure.sniCertificates",
                                                "admission", "storage", "storage.encryption"}));
  EXPECT_TRUE(key_matches("log.level", "log"));
  EXPECT_TRUE(key_matches("log.level", "log.level"));
  EXPECT_FALSE(key_matches("logs.level", "log"));
}

}  // namespace
}  // namespace limen::app
