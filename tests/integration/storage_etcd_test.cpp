// The module etcd beside the conformance suite: what several servers, a cluster that loses members
// and a network that loses answers need.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "support/authority.h"
#include "support/etcd_server.h"
#include "support/etcd_store.h"
#include "support/sqlite_store.h"

namespace limen::storage {
namespace {

using namespace std::chrono_literals;

struct Told {
  std::string key, value;
  Revision revision = 0, created = 0;
  bool removed = false;
};

// Remembers all it is told.
class Recorder final : public DriverListener {
 public:
  void changed(const DriverChange& one) override {
    const std::lock_guard lock(mutex_);
    told_.push_back(
        {std::string(one.key), std::string(one.value), one.revision, one.created, one.removed});
    wake_.notify_all();
  }
  void resync(Revision revision) override {
    const std::lock_guard lock(mutex_);
    resyncs_.push_back(revision);
    told_.clear();
  }
  void resynced() override {
    const std::lock_guard lock(mutex_);
    ++resynced_;
    wake_.notify_all();
  }
  void trouble(std::string_view reason) override {
    const std::lock_guard lock(mutex_);
    troubles_.emplace_back(reason);
    wake_.notify_all();
  }

  std::vector<Told> told() {
    const std::lock_guard lock(mutex_);
    return told_;
  }
  std::vector<Revision> resyncs() {
    const std::lock_guard lock(mutex_);
    return resyncs_;
  }
  // The last word about trouble; empty: there is none.
  std::string trouble() {
    const std::lock_guard lock(mutex_);
    return troubles_.empty() ? "" : troubles_.back();
  }
  // False: it did not come true in half a minute.
  bool wait(const std::function<bool(const Recorder&)>& until) {
    std::unique_lock lock(mutex_);
    return wake_.wait_for(lock, 30s, [&] { return until(*this); });
  }
  bool has(const std::string& key, bool removed = false) const {
    for (const Told& one : told_) {
      if (one.key == key && one.removed == removed) return true;
    }
    return false;
  }
  bool in_trouble() const { return !troubles_.empty() && !troubles_.back().empty(); }
  int resynced_count() const { return resynced_; }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Told> told_;
  std::vector<Revision> resyncs_;
  std::vector<std::string> troubles_;
  int resynced_ = 0;
};

// A server's side of the store: opened, loaded and watching.
class Server {
 public:
  explicit Server(boost::json::object config) : module_(std::move(config)) {
    driver_ = module_.driver();
    state_ = driver_->open();
    driver_->load([&](const DriverChange& one) {
      loaded_.push_back(
          {std::string(one.key), std::string(one.value), one.revision, one.created, one.removed});
    });
    driver_->watch(recorder);
  }
  explicit Server(const test::Etcd& etcd) : Server(test::EtcdModule::config(etcd.endpoints())) {}
  ~Server() { driver_->close(); }

  std::future<CommitResult> begin(const std::vector<DriverOp>& ops) {
    auto promise = std::make_shared<std::promise<CommitResult>>();
    std::future<CommitResult> answer = promise->get_future();
    driver_->commit(ops, [promise](CommitResult one) { promise->set_value(std::move(one)); });
    return answer;
  }
  CommitResult commit(const std::vector<DriverOp>& ops) { return begin(ops).get(); }
  Revision put(const std::string& key, const std::string& value, Revision expected = 0) {
    const CommitResult result = commit({{key, value, expected}});
    EXPECT_TRUE(result.stored) << result.error;
    return result.revisions.empty() ? kUnknownOutcome : result.revisions[0];
  }
  std::string confirm() {
    std::promise<std::string> answer;
    driver_->confirm([&](std::string error) { answer.set_value(std::move(error)); });
    return answer.get_future().get();
  }

  Recorder recorder;
  test::EtcdModule module_;
  std::unique_ptr<Driver> driver_;
  DriverState state_;
  std::vector<Told> loaded_;
};

class EtcdStore : public testing::Test {
 protected:
  void SetUp() override {
    if (!test::Etcd::installed()) GTEST_SKIP() << "etcd-server is not installed";
  }
};

TEST_F(EtcdStore, TellsEachServerWhatAllDo) {
  const test::Etcd etcd;
  Server one(etcd), two(etcd);
  EXPECT_EQ(one.put("/registry/a", "1"), 2);
  EXPECT_EQ(two.confirm(), "");
  ASSERT_EQ(two.recorder.told().size(), 1u);
  EXPECT_EQ(two.recorder.told()[0].value, "1");
  EXPECT_EQ(two.put("/registry/a", "2", 2), 3);
  EXPECT_EQ(one.commit({{"/registry/a", "3", 2}}).revisions, (std::vector<Revision>{0}));
  EXPECT_EQ(one.recorder.told().back().value, "2") << "what it was refused for was told before";
}

TEST_F(EtcdStore, CommitsAreToldBeforeTheyAreAnswered) {
  const test::Etcd etcd;
  Server server(etcd);
  for (int i = 0; i < 50; ++i) {
    const std::string key = "/registry/k" + std::to_string(i);
    const Revision revision = server.put(key, "x");
    ASSERT_EQ(server.recorder.told().back().revision, revision);
  }
}

TEST_F(EtcdStore, DoesAThousandOpsAtOnceAndThoseOfAKeyInOrder) {
  const test::Etcd etcd;
  Server server(etcd);
  std::vector<std::string> keys;
  for (int i = 0; i < 1000; ++i) keys.push_back("/registry/k" + std::to_string(i));
  std::vector<DriverOp> ops;
  for (const std::string& key : keys) ops.push_back({key, "1", 0});
  ops.push_back({keys[0], "again", 0});  // there is one by then
  const CommitResult result = server.commit(ops);
  ASSERT_TRUE(result.stored) << result.error;
  EXPECT_EQ(result.error, "");
  EXPECT_EQ(result.revisions.back(), 0);
  std::set<Revision> seen(result.revisions.begin(), result.revisions.end() - 1);
  EXPECT_EQ(seen.size(), 1000u);
  EXPECT_EQ(*seen.begin(), 2);
  EXPECT_EQ(*seen.rbegin(), 1001);
  Revision last = 0;
  for (const Told& told : server.recorder.told()) {
    EXPECT_GT(told.revision, last);
    last = told.revision;
  }
  EXPECT_EQ(last, 1001);
}

TEST_F(EtcdStore, KeysOfOthersAreNotTheStores) {
  const test::Etcd etcd;
  boost::json::object raw = test::EtcdModule::config(etcd.endpoints());
  raw["prefix"] = "";
  Server other(raw);
  other.put("/registry-of-others/a", "1");
  other.put("/registryx", "1");
  other.put("/registry/a", "1");
  Server server(etcd);
  EXPECT_EQ(server.state_.prefix, "/registry");
  EXPECT_EQ(server.state_.revision, 4);
  ASSERT_EQ(server.loaded_.size(), 1u);
  EXPECT_EQ(server.loaded_[0].key, "/registry/a");
  const CommitResult refused = server.commit({{"/elsewhere/a", "1", 0}});
  EXPECT_FALSE(refused.stored);
  EXPECT_NE(refused.error.find("/elsewhere/a"), std::string::npos);
}

TEST_F(EtcdStore, AConfirmationIsExactThoughOthersWriteBeside) {
  const test::Etcd etcd;
  boost::json::object raw = test::EtcdModule::config(etcd.endpoints());
  raw["prefix"] = "/other";
  Server foreign(raw), writer(etcd), reader(etcd);
  std::atomic<bool> over{false};
  std::thread noise([&] {
    for (int i = 0; !over; ++i) foreign.put("/other/" + std::to_string(i), "x");
  });
  for (int i = 0; i < 50; ++i) {
    const std::string key = "/registry/k" + std::to_string(i);
    writer.put(key, "x");
    EXPECT_EQ(reader.confirm(), "");
    EXPECT_EQ(reader.recorder.told().back().key, key);
  }
  over = true;
  noise.join();
}

TEST_F(EtcdStore, ObjectsWithATimeToLiveGoByThemselves) {
  const test::Etcd etcd;
  Server server(etcd);
  const auto began = std::chrono::steady_clock::now();
  const CommitResult result =
      server.commit({{"/registry/short", "x", 0, false, 1s}, {"/registry/long", "x", 0}});
  ASSERT_TRUE(result.stored) << result.error;
  ASSERT_TRUE(
      server.recorder.wait([](const Recorder& told) { return told.has("/registry/short", true); }));
  EXPECT_GE(std::chrono::steady_clock::now() - began, 1s) << "not early";
  EXPECT_EQ(server.confirm(), "");
  for (const Told& told : server.recorder.told()) {
    EXPECT_FALSE(told.key == "/registry/long" && told.removed);
  }
}

TEST_F(EtcdStore, LeavesRevisionsOut) {
  const test::Etcd etcd;
  Server server(etcd);
  server.driver_->advance(3000);
  EXPECT_GT(server.put("/registry/a", "1"), 3000);
  EXPECT_EQ(server.recorder.told().size(), 1u) << "none of it is told";
  server.driver_->advance(10);  // long past
  Server again(etcd);
  EXPECT_EQ(again.loaded_.size(), 1u);
}

TEST_F(EtcdStore, GoesOnOverTheNextEndpointWhenAMemberIsKilled) {
  test::Etcd etcd({.members = 3});
  Server server(etcd);
  Revision revision = server.put("/registry/a", "0");
  for (std::size_t member = 0; member < 3; ++member) {
    etcd.kill(member);
    for (int i = 0; i < 10; ++i) {
      const Revision next = server.put("/registry/a", std::to_string(i), revision);
      ASSERT_GT(next, revision);
      revision = next;
    }
    EXPECT_EQ(server.confirm(), "");
    etcd.start(member);
  }
  // Each change once and in order.
  Revision last = 0;
  for (const Told& told : server.recorder.told()) {
    EXPECT_GT(told.revision, last);
    last = told.revision;
  }
  EXPECT_EQ(server.recorder.told().size(), 31u);
  EXPECT_TRUE(server.recorder.resyncs().empty());
}

TEST_F(EtcdStore, GoesOnOverTheNextEndpointWhenAMemberHangs) {
  test::Etcd etcd({.members = 3});
  Server server(etcd);
  const Revision first = server.put("/registry/a", "0");
  etcd.pause(0);  // the one in use
  const Revision second = server.put("/registry/a", "1", first);
  EXPECT_GT(second, first);
  EXPECT_EQ(server.confirm(), "");
  EXPECT_EQ(server.recorder.told().back().value, "1");
  etcd.resume(0);
}

TEST_F(EtcdStore, TellsOfTroubleAndThatItIsOver) {
  test::Etcd etcd;
  Server server(etcd);
  const Revision first = server.put("/registry/a", "0");
  etcd.kill(0);
  ASSERT_TRUE(server.recorder.wait([](const Recorder& told) { return told.in_trouble(); }));
  EXPECT_NE(server.recorder.trouble().find(etcd.endpoints()[0]), std::string::npos)
      << server.recorder.trouble();
  const CommitResult refused = server.commit({{"/registry/a", "1", first}});
  EXPECT_FALSE(refused.stored);
  EXPECT_NE(server.confirm(), "");
  etcd.start(0);
  ASSERT_TRUE(server.recorder.wait([](const Recorder& told) { return !told.in_trouble(); }));
  EXPECT_GT(server.put("/registry/a", "1", first), first);
  EXPECT_EQ(server.confirm(), "");
  EXPECT_EQ(server.recorder.told().size(), 2u);
}

// While the first server is cut off, the second changes much and has it forgotten.
TEST_F(EtcdStore, TellsAllAnewWhatWasCompactedBeforeItWasTold) {
  test::Etcd etcd({.members = 3});
  boost::json::object config = test::EtcdModule::config({etcd.endpoints()[0]});
  config["pageSize"] = 2;
  Server cut_off(config);
  Server other(test::EtcdModule::config({etcd.endpoints()[1], etcd.endpoints()[2]}));
  const Revision kept = cut_off.put("/registry/kept", "1");
  const Revision gone = cut_off.put("/registry/gone", "1");
  ASSERT_EQ(other.confirm(), "");
  etcd.kill(0);
  ASSERT_TRUE(cut_off.recorder.wait([](const Recorder& told) { return told.in_trouble(); }));
  EXPECT_TRUE(other.commit({{"/registry/gone", "", gone, true}}).stored);
  for (int i = 0; i < 5; ++i) other.put("/registry/new" + std::to_string(i), "1");
  const Revision last = other.put("/registry/last", "1");
  EXPECT_EQ(other.driver_->compact(last - 1, 1000000), last - 1);
  etcd.start(0);
  ASSERT_TRUE(
      cut_off.recorder.wait([](const Recorder& told) { return told.resynced_count() == 1; }));
  ASSERT_TRUE(cut_off.recorder.wait([](const Recorder& told) { return !told.in_trouble(); }));
  std::map<std::string, Told> now;
  for (const Told& told : cut_off.recorder.told()) now[told.key] = told;
  EXPECT_EQ(now.size(), 7u);
  EXPECT_FALSE(now.contains("/registry/gone"));
  EXPECT_EQ(now["/registry/kept"].revision, kept);
  EXPECT_GE(cut_off.recorder.resyncs()[0], last);
  EXPECT_GT(cut_off.put("/registry/kept", "2", kept), last);
  EXPECT_EQ(cut_off.recorder.told().back().value, "2");
}

// Members die in the middle of many batches: what is answered has to be what is there.
TEST_F(EtcdStore, NeverClaimsAnOutcomeThatIsNotSure) {
  test::Etcd etcd({.members = 3});
  Server server(etcd);
  std::atomic<bool> over{false};
  std::thread havoc([&] {
    for (std::size_t i = 0; !over; i = (i + 1) % 3) {
      std::this_thread::sleep_for(150ms);
      etcd.kill(i);
      std::this_thread::sleep_for(300ms);
      etcd.start(i);
      std::this_thread::sleep_for(700ms);
    }
  });
  std::map<std::string, Revision> stored;
  int unknown = 0;
  const auto until = std::chrono::steady_clock::now() + 3s;
  for (int round = 0; std::chrono::steady_clock::now() < until; ++round) {
    std::vector<std::string> keys;
    for (int i = 0; i < 50; ++i) {
      keys.push_back("/registry/" + std::to_string(round) + "-" + std::to_string(i));
    }
    std::vector<DriverOp> ops;
    for (const std::string& key : keys) ops.push_back({key, key, 0});
    const CommitResult result = server.commit(ops);
    if (!result.stored) continue;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      ASSERT_NE(result.revisions[i], 0) << "nobody else makes these";
      if (result.revisions[i] > 0) {
        stored[keys[i]] = result.revisions[i];
      } else {
        EXPECT_NE(result.error, "");
        ++unknown;
      }
    }
  }
  over = true;
  havoc.join();
  Server fresh(etcd);
  std::map<std::string, Revision> there;
  for (const Told& one : fresh.loaded_) there[one.key] = one.revision;
  for (const auto& [key, revision] : stored) ASSERT_EQ(there[key], revision) << key;
  EXPECT_GT(stored.size(), 0u);
  RecordProperty("unknown", unknown);
}

TEST_F(EtcdStore, SaysUnknownOfAWriteWhoseAnswerNeverCame) {
  test::Etcd etcd;
  boost::json::object config = test::EtcdModule::config(etcd.endpoints());
  config["requestTimeout"] = 1;
  Server server(config);
  const Revision first = server.put("/registry/a", "0");
  etcd.pause(0);
  const CommitResult result = server.commit({{"/registry/a", "1", first}, {"/registry/b", "1", 0}});
  ASSERT_TRUE(result.stored);
  EXPECT_EQ(result.revisions, (std::vector<Revision>{kUnknownOutcome, kUnknownOutcome}));
  EXPECT_NE(result.error.find(etcd.endpoints()[0]), std::string::npos) << result.error;
  etcd.resume(0);
}

TEST_F(EtcdStore, StopsWhileCallsAreUnderWay) {
  test::Etcd etcd;
  boost::json::object config = test::EtcdModule::config(etcd.endpoints());
  config["requestTimeout"] = 600;  // nobody waits for that
  auto server = std::make_unique<Server>(config);
  const Revision first = server->put("/registry/a", "0");
  etcd.pause(0);
  const std::vector<DriverOp> ops = {{"/registry/a", "1", first}};
  std::future<CommitResult> answer = server->begin(ops);
  std::this_thread::sleep_for(100ms);
  server->module_.stop();
  ASSERT_EQ(answer.wait_for(0s), std::future_status::ready);
  const CommitResult result = answer.get();
  ASSERT_TRUE(result.stored);
  EXPECT_EQ(result.revisions, (std::vector<Revision>{kUnknownOutcome}));
  EXPECT_NE(result.error, "");
  etcd.resume(0);
}

TEST_F(EtcdStore, SaysWhichEndpointsDoNotAnswer) {
  boost::json::object config =
      test::EtcdModule::config({"http://127.0.0.1:1", "http://127.0.0.1:2"});
  config["requestTimeout"] = 1;
  test::EtcdModule module(config);
  const auto driver = module.driver();
  try {
    driver->open();
    FAIL() << "there is nobody";
  } catch (const DriverError& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("http://127.0.0.1:1, http://127.0.0.1:2"), std::string::npos) << text;
  }
}

// ---- certificates -----------------------------------------------------------------------------

class EtcdStoreOverTls : public EtcdStore {
 protected:
  using Certificate = plugins::test::Certificate;

  std::string write(const std::string& name, const std::string& text) {
    const std::string path = (folder_.path() / name).string();
    std::ofstream(path) << text;
    return path;
  }
  plugins::test::CertificateSpec leaf(const std::string& name) {
    plugins::test::CertificateSpec spec;
    spec.subject = {{"CN", name}};
    spec.usage = "serverAuth,clientAuth";
    spec.names = "IP:127.0.0.1";
    valid_now(spec);
    return spec;
  }
  static void valid_now(plugins::test::CertificateSpec& spec) {
    spec.not_before = std::time(nullptr) - 3600;
    spec.not_after = std::time(nullptr) + 3600;
  }
  Certificate authority() {
    plugins::test::CertificateSpec spec;
    spec.subject = {{"CN", "etcd-ca"}};
    spec.usage = "";
    spec.authority = true;
    valid_now(spec);
    return Certificate(spec);
  }

  test::TemporaryFolder folder_;
};

TEST_F(EtcdStoreOverTls, ShowsItsCertificateAndJudgesEtcds) {
  const Certificate ca = authority(), other_ca = authority();
  const Certificate server(leaf("etcd"), &ca), client(leaf("limen"), &ca);
  test::EtcdOptions options;
  options.certificate = write("server.pem", server.pem());
  options.key = write("server.key", server.key_pem());
  options.authority = write("ca.pem", ca.pem());
  const test::Etcd etcd(options);
  boost::json::object config = test::EtcdModule::config(etcd.endpoints());
  config["caFile"] = options.authority;
  const auto refused = [&](boost::json::object with) {
    with["requestTimeout"] = 1;
    test::EtcdModule module(with);
    EXPECT_THROW(module.driver()->open(), DriverError);
  };
  refused(config);  // no client certificate
  config["certFile"] = write("client.pem", client.pem());
  config["keyFile"] = write("client.key", client.key_pem());
  {
    Server good(config);
    EXPECT_EQ(good.put("/registry/a", "1"), 2);
    EXPECT_EQ(good.recorder.told().size(), 1u);
  }
  config["caFile"] = write("other.pem", other_ca.pem());
  refused(config);  // somebody else's etcd
  config["caFile"] = options.authority;
  config["keyFile"] = options.key;
  refused(config);  // the key of another certificate
}

}  // namespace
}  // namespace limen::storage
