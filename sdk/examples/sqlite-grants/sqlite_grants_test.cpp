// The built module on the SDK's fake host.

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdio>
#include <limen/testkit/instance.hpp>
#include <string>

namespace {

using limen::testkit::Action;
using limen::testkit::Instance;
using limen::testkit::Module;
using limen::testkit::Reply;
using limen::testkit::StartError;
using namespace std::chrono_literals;

constexpr const char* kTable =
    "CREATE TABLE grants (subject TEXT NOT NULL, verb TEXT NOT NULL, resource TEXT NOT NULL,"
    " namespace TEXT NOT NULL DEFAULT '*', name TEXT NOT NULL DEFAULT '*');";

void run(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  // No test outlives a power cut.
  sqlite3_exec(database, "PRAGMA synchronous = OFF", nullptr, nullptr, nullptr);
  EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(database);
  sqlite3_close(database);
}

class SqliteGrantsTest : public testing::Test {
 protected:
  SqliteGrantsTest() {
    std::remove(path_.c_str());
    run(path_,
        std::string(kTable) +
            "INSERT INTO grants VALUES ('user:ada', 'get', 'pods', 'demo', '*');"
            "INSERT INTO grants VALUES ('group:dev', '*', 'deployments.apps', 'demo', 'web');"
            "INSERT INTO grants VALUES ('group:dev', 'get', 'pods/log', '*', '*');");
  }

  Instance start() const {
    static const Module module(MODULE_FILE);
    return Instance(module, {.config = {{"path", path_}}});
  }
  const std::string path_ = testing::TempDir() + "acme-sqlite-grants.db";
};

Action ada(const std::string& verb, const std::string& resource, const std::string& name = {}) {
  return {.user = {.name = "ada"}, .verb = verb, .resource = resource, .ns = "demo", .name = name};
}

TEST_F(SqliteGrantsTest, AllowsWhatARowOfTheUserSays) {
  Instance module = start();
  const Reply reply = module.authorize(ada("get", "pods", "web-1"));
  EXPECT_EQ(reply.verdict, LIMEN_ALLOW) << reply.error << reply.verdict_error;
  EXPECT_EQ(reply.rule, "grants/1");
  EXPECT_EQ(reply.reason, "grants/1 of user:ada");
  EXPECT_EQ(module.host().metric("requests_allowed_total"), 1);
}

TEST_F(SqliteGrantsTest, AllowsWhatARowOfAGroupSays) {
  Instance module = start();
  Action action = ada("update", "deployments", "web");
  action.api_group = "apps";
  EXPECT_EQ(module.authorize(action).verdict, LIMEN_VERDICT_NO_OPINION);
  action.user.groups = {"others", "dev"};
  EXPECT_EQ(module.authorize(action).verdict, LIMEN_ALLOW);
  action.name = "shop";
  EXPECT_EQ(module.authorize(action).verdict, LIMEN_VERDICT_NO_OPINION);
  action.name = "";
  action.verb = "list";
  EXPECT_EQ(module.authorize(action).verdict, LIMEN_VERDICT_NO_OPINION)
      << "a list is more than the one it names";
}

TEST_F(SqliteGrantsTest, KeepsApartWhatLooksAlike) {
  Instance module = start();
  const auto verdict = [&](Action action) { return module.authorize(action).verdict; };
  EXPECT_EQ(verdict(ada("delete", "pods", "web-1")), LIMEN_VERDICT_NO_OPINION);
  EXPECT_EQ(verdict(ada("get", "secrets", "web-1")), LIMEN_VERDICT_NO_OPINION);
  Action other = ada("get", "pods", "web-1");
  other.ns = "prod";
  EXPECT_EQ(verdict(other), LIMEN_VERDICT_NO_OPINION);
  other.ns = "";
  EXPECT_EQ(verdict(other), LIMEN_VERDICT_NO_OPINION);
  Action group = ada("get", "pods", "web-1");
  group.user = {.name = "bob", .groups = {"ada"}};
  EXPECT_EQ(verdict(group), LIMEN_VERDICT_NO_OPINION) << "a group is no user";
  Action log = ada("get", "pods", "web-1");
  log.subresource = "log";
  EXPECT_EQ(verdict(log), LIMEN_VERDICT_NO_OPINION);
  log.user.groups = {"dev"};
  EXPECT_EQ(verdict(log), LIMEN_ALLOW);
  EXPECT_EQ(verdict({.user = {.name = "ada"}, .path = "/metrics"}), LIMEN_VERDICT_NO_OPINION);
}

TEST_F(SqliteGrantsTest, TakesNothingOfARequestForSql) {
  Instance module = start();
  Action action = ada("get", "pods", "x");
  action.user.name = "nobody' OR '1'='1";
  EXPECT_EQ(module.authorize(action).verdict, LIMEN_VERDICT_NO_OPINION);
  action.user.name = "*";
  EXPECT_EQ(module.authorize(action).verdict, LIMEN_VERDICT_NO_OPINION);
  action.user.name = std::string("ada\0x", 5);
  EXPECT_EQ(module.authorize(action).verdict, LIMEN_VERDICT_NO_OPINION);
}

TEST_F(SqliteGrantsTest, SeesAWriteAtOnceAndSaysThatRightsChanged) {
  Instance module = start();
  EXPECT_EQ(module.authorize(ada("list", "pods")).verdict, LIMEN_VERDICT_NO_OPINION);
  run(path_, "INSERT INTO grants VALUES ('user:ada', 'list', 'pods', 'demo', '*')");
  EXPECT_EQ(module.authorize(ada("list", "pods")).verdict, LIMEN_ALLOW);
  EXPECT_EQ(module.host().rights_changes(), 0U);
  module.host().advance(1s);
  EXPECT_EQ(module.host().rights_changes(), 1U);
}

TEST_F(SqliteGrantsTest, OpensADatabaseThatIsRenamedOverIt) {
  Instance module = start();
  const std::string next = path_ + ".next";
  std::remove(next.c_str());
  run(next, std::string(kTable) + "INSERT INTO grants VALUES ('user:bob', '*', '*', '*', '*')");
  ASSERT_EQ(std::rename(next.c_str(), path_.c_str()), 0);
  module.host().advance(1s);
  EXPECT_EQ(module.authorize(ada("get", "pods", "web-1")).verdict, LIMEN_VERDICT_NO_OPINION);
  Action bob = ada("delete", "secrets", "x");
  bob.user.name = "bob";
  EXPECT_EQ(module.authorize(bob).verdict, LIMEN_ALLOW);
}

TEST_F(SqliteGrantsTest, TellsAnErrorAndLeavesTheRequestToTheNext) {
  Instance module = start();
  run(path_, "DROP TABLE grants");
  const Reply reply = module.authorize(ada("get", "pods", "web-1"));
  EXPECT_EQ(reply.verdict, LIMEN_VERDICT_NO_OPINION);
  EXPECT_EQ(reply.verdict_error, "the grants cannot be read: no such table: grants");
}

TEST_F(SqliteGrantsTest, AFileWithoutTheTableStopsTheStart) {
  std::remove(path_.c_str());
  EXPECT_THROW(start(), StartError) << "no file";
  run(path_, "CREATE TABLE other (a)");
  try {
    start();
    FAIL() << "it started";
  } catch (const StartError& error) {
    EXPECT_EQ(error.what(), path_ + ": no such table: grants");
  }
}

}  // namespace
