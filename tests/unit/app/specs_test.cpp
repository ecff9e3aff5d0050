// What the configuration says arrives at the rooms it is meant for.
#include <gtest/gtest.h>

#include "app/module_specs.h"
#include "app/transport_options.h"
#include "config/load.h"

namespace limen::app {
namespace {

config::ServerConfiguration loaded(const std::string& body) {
  const config::Loaded result = config::load_text(
      "apiVersion: config.limen.io/v1\nkind: ServerConfiguration\n" + body, "limen.yaml", {});
  EXPECT_TRUE(result.ok()) << (result.ok() ? "" : result.problems()[0]);
  return result.configuration;
}

TEST(SpecsTest, ModuleSpecsCarryEverythingOfAnEntry) {
  const auto spec = generation_spec(loaded(
      "admission:\n"
      "  - {name: guard, module: acme, timeout: 3s, failurePolicy: Ignore, config: {a: 1}}\n"));
  ASSERT_EQ(spec.admission.size(), 1U);
  const modules::ModuleSpec& entry = spec.admission[0];
  EXPECT_EQ(entry.name, "guard");
  EXPECT_EQ(entry.module_name(), "acme");
  EXPECT_EQ(entry.timeout, std::chrono::seconds(3));
  EXPECT_EQ(entry.failure_policy, modules::FailurePolicy::ignore);
  EXPECT_EQ(entry.config.to_json(), R"({"a":1})");
  EXPECT_EQ(entry.position, "limen.yaml:4:5");
}

TEST(SpecsTest, ModuleSpecsFindTheirValuesInTheFileLongAfterLoading) {
  modules::ModuleSpec entry;
  {
    const auto configuration = loaded("authorizers:\n  - name: a\n    config:\n      b: {c: 1}\n");
    entry = generation_spec(configuration).authorizers[0];
  }
  EXPECT_EQ(entry.locate("/b/c"), "limen.yaml:6:14");
  EXPECT_EQ(entry.locate("/missing"), "limen.yaml:6:7");
}

TEST(SpecsTest, ValuesOfAnotherFileAreFoundThere) {
  config::ServerConfiguration configuration = loaded("admission: [{name: a}]\n");
  config::ModuleEntry& entry = configuration.admission[0];
  entry.config = boost::json::object{{"b", 1}};
  entry.config_positions = {{"", {2, 3}}, {"/b", {2, 7}}};
  entry.config_file = "admission.yaml";
  const modules::ModuleSpec spec = generation_spec(configuration).admission[0];
  EXPECT_EQ(spec.position, "limen.yaml:3:13");
  EXPECT_EQ(spec.locate("/b"), "admission.yaml:2:7");
}

TEST(SpecsTest, AnEntryWithoutConfigHasAnEmptyDocument) {
  EXPECT_FALSE(generation_spec(loaded("authorizers: [{name: a}]\n")).authorizers[0].config);
}

TEST(SpecsTest, TheStoreIsAModuleLikeOthers) {
  const auto spec = store_spec(loaded("storage: {module: sqlite, config: {path: /x}}\n"));
  EXPECT_EQ(spec.module_name(), "sqlite");
  EXPECT_EQ(spec.config.to_json(), R"({"path":"/x"})");
}

TEST(SpecsTest, TheTransportGetsItsLimits) {
  const auto options = transport_options(
      loaded(
          "secure: {bindAddress: 127.0.0.1, port: 7000, clientCAFile: ca, http2: false}\n"
          "limits: {maxStreamsPerConnection: 7, maxRequestLineBytes: 2048, maxHeaderBytes: 4096, "
          "maxHeaderCount: 20,\n"
          "  maxConnections: 3, maxPipelinedBytes: 2000, handshakeTimeout: 1s, headerTimeout: 2s,\n"
          "  bodyTimeout: 3s, idleTimeout: 4s, writeTimeout: 5s}\n"
          "threads: {io: 6}\n"),
      {"crt", "key", false});
  ASSERT_TRUE(options.secure.has_value());
  EXPECT_EQ(options.secure->address, "127.0.0.1");
  EXPECT_EQ(options.secure->port, 7000);
  EXPECT_EQ(options.secure->cert_file, "crt");
  EXPECT_EQ(options.secure->key_file, "key");
  EXPECT_EQ(options.secure->client_ca_file, "ca");
  EXPECT_FALSE(options.local.has_value());
  EXPECT_EQ(options.limits.request_line_bytes, 2048U);
  EXPECT_EQ(options.limits.header_bytes, 4096U);
  EXPECT_EQ(options.limits.header_count, 20U);
  EXPECT_EQ(options.limits.max_connections, 3U);
  EXPECT_EQ(options.limits.max_streams, 7U);
  EXPECT_FALSE(options.secure->http2);
  EXPECT_EQ(options.limits.pipelined_bytes, 2000U);
  EXPECT_EQ(options.limits.handshake, std::chrono::seconds(1));
  EXPECT_EQ(options.limits.header_read, std::chrono::seconds(2));
  EXPECT_EQ(options.limits.body_read, std::chrono::seconds(3));
  EXPECT_EQ(options.limits.idle, std::chrono::seconds(4));
  EXPECT_EQ(options.limits.write_stall, std::chrono::seconds(5));
  EXPECT_EQ(options.io_threads, 6U);
}

TEST(SpecsTest, TheLocalListenerIsThereOnlyWhenEnabled) {
  const auto options =
      transport_options(loaded("local: {enabled: true, port: 7001}\n"), {"crt", "key", false});
  ASSERT_TRUE(options.local.has_value());
  EXPECT_EQ(options.local->address, "127.0.0.1");
  EXPECT_EQ(options.local->port, 7001);
  EXPECT_FALSE(options.local->allow_non_loopback);
}

}  // namespace
}  // namespace limen::app
