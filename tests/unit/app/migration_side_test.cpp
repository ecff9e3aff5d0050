#include "app/migration_side.h"

#include <gtest/gtest.h>

#include "app/command_line.h"

namespace limen::app {
namespace {

config::ServerConfiguration read(const std::string& words) {
  return migration_configuration("--from", words);
}

std::string usage_error(const std::string& words) {
  try {
    read(words);
    return "";
  } catch (const UsageError& error) {
    return error.what();
  }
}

TEST(MigrationSide, ADatabaseFile) {
  const auto configuration = read("sqlite:/var/lib/limen/limen.db");
  EXPECT_EQ(configuration.storage.module, "sqlite");
  EXPECT_EQ(configuration.storage.config, (object::Json{{"path", "/var/lib/limen/limen.db"}}));
  EXPECT_EQ(store_name(configuration), "sqlite:/var/lib/limen/limen.db");
}

TEST(MigrationSide, AClusterWithItsCertificates) {
  const auto configuration = read(
      "etcd:https://b:2379,https://a:2379?ca=/pki/ca.crt&cert=/pki/c%261.crt&key=/pki/c.key"
      "&prefix=/k8s");
  EXPECT_EQ(configuration.storage.module, "etcd");
  EXPECT_EQ(configuration.storage.config,
            boost::json::parse(R"({"endpoints":["https://b:2379","https://a:2379"],)"
                               R"("caFile":"/pki/ca.crt","certFile":"/pki/c&1.crt",)"
                               R"("keyFile":"/pki/c.key","prefix":"/k8s"})"));
  // However its members are told.
  EXPECT_EQ(store_name(configuration), "etcd:https://a:2379,https://b:2379?prefix=/k8s");
  EXPECT_EQ(store_name(read("etcd:http://a:2379")), "etcd:http://a:2379?prefix=/registry");
}

TEST(MigrationSide, WordsNobodyUnderstands) {
  EXPECT_EQ(usage_error("sqlite:"), "--from: sqlite: needs the database's path");
  EXPECT_EQ(usage_error("etcd:a:2379"),
            "--from: \"a:2379\" is no endpoint of etcd: write https://HOST:PORT");
  EXPECT_EQ(usage_error("etcd:http://a:1?password=x"),
            "--from: \"password=x\" is none of ca=FILE, cert=FILE, key=FILE, prefix=PATH, "
            "username=NAME, passwordFile=FILE");
  EXPECT_EQ(usage_error("etcd:http://a:1?ca="), "--from: ca= needs a value");
}

TEST(MigrationSide, AFileThatIsNotThereIsSaid) {
  EXPECT_THROW(read("/nowhere/limen.yaml"), std::runtime_error);
}

}  // namespace
}  // namespace limen::app
