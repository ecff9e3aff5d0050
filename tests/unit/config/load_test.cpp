#include "config/load.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <string>
#include <vector>

namespace limen::config {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kHead = "apiVersion: config.limen.io/v1\nkind: ServerConfiguration\n";

Loaded load(const std::string& body, const Flags& flags = {}) {
  return load_text(std::string(kHead) + body, "limen.yaml", flags);
}

// The only problem of `body`, whose first line is line 3 of the file.
std::string problem(const std::string& body, const Flags& flags = {}) {
  const Loaded loaded = load(body, flags);
  if (loaded.problems().size() != 1) {
    std::string all = "expected one problem, got " + std::to_string(loaded.problems().size());
    for (const std::string& each : loaded.problems()) all += "\n" + each;
    return all;
  }
  return loaded.problems()[0];
}

TEST(ConfigLoadTest, FillsEveryDefaultWhenOnlyTheHeadIsThere) {
  const Loaded loaded = load("");
  ASSERT_TRUE(loaded.ok());
  const ServerConfiguration& c = loaded.configuration;
  EXPECT_EQ(c.secure.bind_address, "0.0.0.0");
  EXPECT_EQ(c.secure.port, 6443);
  EXPECT_FALSE(c.local.enabled);
  EXPECT_EQ(c.local.bind_address, "127.0.0.1");
  EXPECT_EQ(c.local.port, 8080);
  EXPECT_EQ(c.limits.max_header_bytes, 1048576);
  EXPECT_EQ(c.limits.max_request_line_bytes, 65536);
  EXPECT_EQ(c.limits.max_request_body_bytes, 3145728);
  EXPECT_EQ(c.limits.max_requests_in_flight, 400);
  EXPECT_EQ(c.limits.max_mutating_requests_in_flight, 200);
  EXPECT_EQ(c.limits.header_timeout, 32s);
  EXPECT_EQ(c.limits.idle_timeout, 90s);
  EXPECT_EQ(c.request_timeout, 60s);
  EXPECT_EQ(c.history_retention, 5min);
  EXPECT_EQ(c.storage.module, "sqlite");
  EXPECT_TRUE(c.authenticators.empty());
}

TEST(ConfigLoadTest, ReadsWhatBrowsersAreToldAndHowLongEventsStay) {
  const Loaded loaded = load(
      "corsAllowedOrigins: ['^https://pages\\.example$', //localhost(:|$)]\n"
      "strictTransportSecurity: [max-age=60, includeSubDomains, preload]\n"
      "controllers: {eventTTL: 2h, disabled: [event-ttl]}\n");
  ASSERT_TRUE(loaded.ok()) << loaded.problems()[0];
  EXPECT_EQ(loaded.configuration.cors_allowed_origins.size(), 2u);
  EXPECT_EQ(loaded.configuration.strict_transport_security.size(), 3u);
  EXPECT_EQ(loaded.configuration.event_ttl, 2h);
}

TEST(ConfigLoadTest, AnOriginIsPinnedAtBothEnds) {
  for (const char* pattern : {"pages", "^pages", "pages$", ".*"}) {
    EXPECT_NE(problem(std::string("corsAllowedOrigins: ['") + pattern + "']\n")
                  .find("must pin both ends of the host in an origin"),
              std::string::npos)
        << pattern;
  }
  EXPECT_NE(problem("corsAllowedOrigins: ['^(']\n").find("is no regular expression"),
            std::string::npos);
}

TEST(ConfigLoadTest, DirectivesOfTransportSecurityAreKnown) {
  for (const char* directive : {"max-age=", "max-age=1d", "max-age", "includesubdomains"}) {
    EXPECT_NE(problem(std::string("strictTransportSecurity: [") + directive + "]\n")
                  .find("must be max-age=SECONDS, includeSubDomains or preload"),
              std::string::npos)
        << directive;
  }
  EXPECT_NE(problem("controllers: {eventTTL: 0s}\n").find("eventTTL"), std::string::npos);
}

TEST(ConfigLoadTest, ReadsEveryKindOfOption) {
  const Loaded loaded = load(
      "secure: {bindAddress: '::1', port: 7443, tlsCertFile: a.crt, tlsPrivateKeyFile: a.key, "
      "certDir: 2026}\n"
      "local: {enabled: true, port: 0x1F91}\n"
      "modulePath: /opt/modules\n"
      "limits: {idleTimeout: 1m30s, maxConnections: 7}\n"
      "threads: {io: 3}\n"
      "log: {level: debug, format: json}\n"
      "controllers: {disabled: [namespace, serviceaccount], rootCAFile: root.crt}\n"
      "historyRetention: 10m\n");
  ASSERT_TRUE(loaded.ok()) << loaded.problems()[0];
  const ServerConfiguration& c = loaded.configuration;
  EXPECT_EQ(c.secure.bind_address, "::1");
  EXPECT_EQ(c.secure.port, 7443);
  EXPECT_EQ(c.secure.cert_dir, "2026");
  EXPECT_TRUE(c.local.enabled);
  EXPECT_EQ(c.local.port, 8081);
  EXPECT_EQ(c.module_path, "/opt/modules");
  EXPECT_EQ(c.limits.idle_timeout, 90s);
  EXPECT_EQ(c.limits.max_connections, 7);
  EXPECT_EQ(c.threads.io, 3);
  EXPECT_EQ(c.log.level, "debug");
  EXPECT_EQ(c.log.format, "json");
  EXPECT_EQ(c.disabled_controllers, (std::vector<std::string>{"namespace", "serviceaccount"}));
  EXPECT_EQ(c.root_ca_file, "root.crt");
  EXPECT_EQ(c.history_retention, 10min);
}

TEST(ConfigLoadTest, ReadsModulesInOrderWithTheirOwnConfig) {
  const Loaded loaded = load(
      "authenticators:\n"
      "  - {name: x509}\n"
      "  - name: badge\n"
      "    module: acme-badge.so\n"
      "    timeout: 2s\n"
      "    config:\n"
      "      path: /etc/badges\n"
      "      tries: 3\n"
      "      strict: true\n"
      "      quoted: \"3\"\n"
      "      yes: on\n"
      "admission:\n"
      "  - {name: guard, failurePolicy: Ignore}\n");
  ASSERT_TRUE(loaded.ok()) << loaded.problems()[0];
  const ServerConfiguration& c = loaded.configuration;
  ASSERT_EQ(c.authenticators.size(), 2U);
  EXPECT_EQ(c.authenticators[0].module, "x509");
  EXPECT_EQ(c.authenticators[0].timeout, 10s);
  EXPECT_TRUE(c.authenticators[0].config.is_null());
  const ModuleEntry& badge = c.authenticators[1];
  EXPECT_EQ(badge.name, "badge");
  EXPECT_EQ(badge.module, "acme-badge");
  EXPECT_EQ(badge.timeout, 2s);
  EXPECT_EQ(boost::json::serialize(badge.config),
            R"({"path":"/etc/badges","tries":3,"strict":true,"quoted":"3","yes":"on"})");
  EXPECT_EQ(c.admission[0].failure_policy, FailurePolicy::ignore);
}

TEST(ConfigLoadTest, KnowsWhereEachValueOfAModulesConfigStands) {
  const Loaded loaded = load(
      "authorizers:\n"
      "  - name: rules\n"
      "    config:\n"
      "      a/b: [1, {c: 2}]\n");
  ASSERT_TRUE(loaded.ok());
  const ModuleEntry& entry = loaded.configuration.authorizers[0];
  EXPECT_EQ(entry.position.line, 4);
  EXPECT_EQ(entry.position_of("/a~1b").line, 6);
  EXPECT_EQ(entry.position_of("/a~1b").column, 12);
  EXPECT_EQ(entry.position_of("/a~1b/1/c").column, 20);
  EXPECT_EQ(entry.position_of("/a~1b/1/nothing").column, 16);
  EXPECT_EQ(entry.position_of("/nothing").line, 6);
}

TEST(ConfigLoadTest, TakesTheStorageDriverWithItsPath) {
  const Loaded loaded = load("storage: {module: sqlite, config: {path: /tmp/x.db}}\n");
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded.configuration.storage.name, "sqlite");
  EXPECT_EQ(boost::json::serialize(loaded.configuration.storage.config), R"({"path":"/tmp/x.db"})");
}

TEST(ConfigLoadTest, KeepsTheDefaultPathForTheDefaultDriverOnly) {
  EXPECT_EQ(
      boost::json::serialize(load("storage: {module: sqlite}\n").configuration.storage.config),
      R"({"path":"/var/lib/limen/limen.db"})");
  EXPECT_TRUE(load("storage: {module: etcd}\n").configuration.storage.config.is_null());
  EXPECT_TRUE(load("storage: {module: etcd}\n").configuration.storage.stale_reads);
  EXPECT_FALSE(
      load("storage: {module: etcd, staleReads: false}\n").configuration.storage.stale_reads);
}

TEST(ConfigLoadTest, TakesTheFileOfEncryptionInStorageOnly) {
  EXPECT_EQ(load("").configuration.storage_encryption, "");
  const Loaded loaded = load("storage: {module: sqlite, encryption: /etc/limen/enc.yaml}\n");
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded.configuration.storage_encryption, "/etc/limen/enc.yaml");
  EXPECT_EQ(problem("storage: {module: sqlite, encryption: {secrets: x}}\n"),
            "limen.yaml:3:39: storage.encryption: must be the name of a file with an "
            "EncryptionConfiguration, not a map");
  EXPECT_EQ(problem("authorizers: [{name: rbac, encryption: x}]\n").substr(0, 57),
            "limen.yaml:3:28: authorizers[0]: unknown key \"encryption\"");
}

TEST(ConfigLoadTest, NamesAnUnknownKeyItsPlaceAndTheLikelyOne) {
  EXPECT_EQ(problem("authenticators:\n  - {name: a}\n  - {name: b, modul: c}\n"),
            "limen.yaml:5:15: authenticators[1]: unknown key \"modul\" (did you mean \"module\"?)");
  EXPECT_EQ(problem("authoriser: []\n"),
            "limen.yaml:3:1: unknown key \"authoriser\" (did you mean \"authorizers\"?)");
  EXPECT_EQ(problem("limits: {xyzzy: 1}\n"), "limen.yaml:3:10: limits: unknown key \"xyzzy\"");
}

TEST(ConfigLoadTest, CollectsEveryProblemInFileOrder) {
  const Loaded loaded = load(
      "secure: {port: 0}\n"
      "local: {enabled: maybe}\n"
      "authorizers: {}\n");
  ASSERT_EQ(loaded.problems().size(), 3U);
  EXPECT_EQ(loaded.problems()[0], "limen.yaml:3:16: secure.port: 0 must be between 1 and 65535");
  EXPECT_EQ(loaded.problems()[1],
            "limen.yaml:4:18: local.enabled: must be true or false, not text");
  EXPECT_EQ(loaded.problems()[2], "limen.yaml:5:14: authorizers: must be a list, not a map");
}

TEST(ConfigLoadTest, RefusesAWrongTypeOfEveryKind) {
  EXPECT_EQ(problem("secure: {port: abc}\n"),
            "limen.yaml:3:16: secure.port: must be a whole number, not text");
  EXPECT_EQ(problem("secure: {port: \"6443\"}\n"),
            "limen.yaml:3:16: secure.port: must be a whole number, not text");
  EXPECT_EQ(problem("secure: {port: 64.5}\n"),
            "limen.yaml:3:16: secure.port: must be a whole number, not a number");
  EXPECT_EQ(problem("secure: []\n"), "limen.yaml:3:9: secure: must be a map, not a list");
  EXPECT_EQ(problem("modulePath: {}\n"), "limen.yaml:3:13: modulePath: must be text, not a map");
  EXPECT_EQ(problem("requestTimeout: 30\n"),
            "limen.yaml:3:17: requestTimeout: must be a duration such as 30s or 5m");
  EXPECT_EQ(problem("authorizers: [rbac]\n"),
            "limen.yaml:3:15: authorizers[0]: must be a map such as {name: x509}, not text");
  EXPECT_EQ(problem("authorizers: [{name: a, config: [1]}]\n"),
            "limen.yaml:3:33: authorizers[0].config: must be a map, not a list");
  EXPECT_EQ(problem("controllers: {disabled: all}\n"),
            "limen.yaml:3:25: controllers.disabled: must be a list of names");
}

TEST(ConfigLoadTest, TakesValuesAtTheirBoundsAndRefusesThoseBeyond) {
  EXPECT_TRUE(load("secure: {port: 1}\n").ok());
  EXPECT_TRUE(load("secure: {port: 65535}\n").ok());
  EXPECT_EQ(problem("secure: {port: 65536}\n"),
            "limen.yaml:3:16: secure.port: 65536 must be between 1 and 65535");
  EXPECT_EQ(problem("secure: {port: 18446744073709551615}\n"),
            "limen.yaml:3:16: secure.port: 18446744073709551615 must be between 1 and 65535");
  EXPECT_TRUE(load("requestTimeout: 1s\nhistoryRetention: 168h\n").ok());
  EXPECT_EQ(problem("requestTimeout: 999ms\n"),
            "limen.yaml:3:17: requestTimeout: 999ms must be between 1s and 1h");
  EXPECT_TRUE(load("authorizers: [{name: a, timeout: 5m}]\n").ok());
  EXPECT_EQ(problem("authorizers: [{name: a, timeout: 301s}]\n"),
            "limen.yaml:3:34: authorizers[0].timeout: 301s must be between 1ms and 5m");
}

TEST(ConfigLoadTest, RefusesTextThatIsNotOneOfTheChoices) {
  EXPECT_EQ(problem("log: {level: loud}\n"),
            "limen.yaml:3:14: log.level: \"loud\" must be debug, info, warn or error");
  EXPECT_EQ(
      problem("secure: {bindAddress: localhost}\n"),
      "limen.yaml:3:23: secure.bindAddress: \"localhost\" must be an IP address such as 0.0.0.0 or "
      "::1");
  EXPECT_EQ(problem("secure: {certDir: ''}\n"),
            "limen.yaml:3:19: secure.certDir: \"\" must not be empty");
  EXPECT_EQ(problem("admission: [{name: a, failurePolicy: ignore}]\n"),
            "limen.yaml:3:38: admission[0].failurePolicy: must be Fail or Ignore");
}

TEST(ConfigLoadTest, RefusesAModuleListedTwiceUnderOneName) {
  EXPECT_EQ(
      problem("authorizers:\n  - {name: rbac}\n  - {name: rbac, module: other}\n"),
      "limen.yaml:5:5: authorizers[1]: the name \"rbac\" is taken by authorizers[0] on line 4");
}

TEST(ConfigLoadTest, TakesOneModuleUnderTwoNames) {
  EXPECT_TRUE(load("authorizers: [{name: a, module: abac}, {name: b, module: abac}]\n").ok());
}

TEST(ConfigLoadTest, RefusesDoubledKeys) {
  EXPECT_EQ(problem("modulePath: /a\nmodulePath: /b\n"),
            "limen.yaml:4:1: duplicate key \"modulePath\"");
  EXPECT_EQ(problem("authorizers: [{name: a, config: {x: 1, x: 2}}]\n"),
            "limen.yaml:3:40: authorizers[0].config: duplicate key \"x\"");
}

TEST(ConfigLoadTest, RefusesNamesThatAreNoNames) {
  EXPECT_NE(problem("authorizers: [{name: Rbac}]\n").find("authorizers[0].name: must be"),
            std::string::npos);
  EXPECT_TRUE(load("authorizers: [{name: " + std::string(253, 'a') + "}]\n").ok());
  EXPECT_FALSE(load("authorizers: [{name: " + std::string(254, 'a') + "}]\n").ok());
  for (const char* name : {"a", "hook.example.com", "0.a-b.9"})
    EXPECT_TRUE(load("authorizers: [{name: " + std::string(name) + "}]\n").ok()) << name;
  for (const char* name : {"'.a'", "a.", "a..b", "a.-b", "a-.b", "a_b", "''"})
    EXPECT_FALSE(load("authorizers: [{name: " + std::string(name) + "}]\n").ok()) << name;
  EXPECT_EQ(problem("authorizers: [{module: x}]\n"),
            "limen.yaml:3:15: authorizers[0]: needs a name");
}

TEST(ConfigLoadTest, RefusesAModuleNameThatLeavesItsFolder) {
  for (const char* name : {"../evil", "/tmp/evil", ".hidden", "a/b", "''"}) {
    EXPECT_NE(problem("authorizers: [{name: a, module: " + std::string(name) + "}]\n")
                  .find("authorizers[0].module: must be the name of a file in modulePath"),
              std::string::npos)
        << name;
  }
}

TEST(ConfigLoadTest, GivesFailurePolicyToAdmissionOnly) {
  EXPECT_EQ(problem("authorizers: [{name: a, failurePolicy: Ignore}]\n"),
            "limen.yaml:3:25: authorizers[0]: unknown key \"failurePolicy\"");
}

TEST(ConfigLoadTest, AModuleEnforcesUnlessItIsAShadow) {
  const Loaded loaded = load(
      "authorizers: [{name: a}, {name: b, mode: shadow}, "
      "{name: c, mode: enforce}]\n");
  ASSERT_TRUE(loaded.ok());
  const auto& all = loaded.configuration.authorizers;
  EXPECT_EQ(all[0].mode, Mode::enforce);
  EXPECT_EQ(all[1].mode, Mode::shadow);
  EXPECT_EQ(all[2].mode, Mode::enforce);
  EXPECT_EQ(problem("admission: [{name: a, mode: Shadow}]\n"),
            "limen.yaml:3:29: admission[0].mode: must be enforce or shadow");
  EXPECT_EQ(problem("storage: {module: etcd, staleReads: often}\n"),
            "limen.yaml:3:37: storage.staleReads: must be true or false, not text");
  EXPECT_EQ(problem("storage: {module: sqlite, mode: shadow}\n"),
            "limen.yaml:3:27: storage: unknown key \"mode\" (did you mean \"module\"?)");
}

TEST(ConfigLoadTest, WantsItsApiVersionAndKind) {
  EXPECT_EQ(
      load_text("kind: ServerConfiguration\n", "f", {}).problems(),
      (std::vector<std::string>{"f:1:1: apiVersion: is missing; it must be config.limen.io/v1"}));
  EXPECT_EQ(
      load_text("apiVersion: config.limen.io/v2\nkind: ServerConfiguration\n", "f", {}).problems(),
      (std::vector<std::string>{"f:1:13: apiVersion: must be config.limen.io/v1"}));
}

TEST(ConfigLoadTest, RefusesWhatIsNoMapOrNoYaml) {
  EXPECT_NE(load_text("", "f", {}).problems().at(0).find("must be a map"), std::string::npos);
  EXPECT_NE(load_text("- a\n", "f", {}).problems().at(0).find("not a list"), std::string::npos);
  const std::string broken = load_text("a: [1, 2\nb: }\n", "f", {}).problems().at(0);
  EXPECT_TRUE(broken.starts_with("f:2:")) << broken;
  EXPECT_NE(broken.find("is not YAML"), std::string::npos);
  EXPECT_NE(load_text(std::string(kHead) + "---\na: b\n", "f", {})
                .problems()
                .at(0)
                .find("more than one YAML document"),
            std::string::npos);
}

TEST(ConfigLoadTest, WhatBeginsWithNoNodeIsRefused) {
  for (const char* text : {",", ",\n---\n", ", a: b"}) {
    const auto problems = load_text(text, "f", {}).problems();
    ASSERT_FALSE(problems.empty()) << text;
    EXPECT_EQ(problems[0], "f:1:1: is not YAML: did not find expected node content") << text;
  }
}

TEST(ConfigLoadTest, RefusesForeignTags) {
  EXPECT_EQ(problem("authorizers: [{name: a, config: {x: !env HOME}}]\n"),
            "limen.yaml:3:37: authorizers[0].config: the tag \"!env\" has no meaning here");
}

TEST(ConfigLoadTest, StopsAtTooDeepNesting) {
  const auto nested = [](std::size_t levels) {
    return "authorizers: [{name: a, config: {x: " + std::string(levels, '[') +
           std::string(levels, ']') + "}}]\n";
  };
  EXPECT_TRUE(load(nested(kMaxDepth)).ok());
  EXPECT_NE(problem(nested(kMaxDepth + 1)).find("nested more than 64 levels deep"),
            std::string::npos);
}

TEST(ConfigLoadTest, StopsAtAliasesThatMultiply) {
  std::string bomb =
      "authorizers:\n  - name: a\n    config:\n      a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n";
  for (int i = 1; i < 8; ++i) {
    const std::string previous = "*a" + std::to_string(i - 1);
    bomb += "      a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) bomb += (j > 0 ? "," : "") + previous;
    bomb += "]\n";
  }
  EXPECT_NE(problem(bomb).find("holds more than 200000 values"), std::string::npos);
}

TEST(ConfigLoadTest, RefusesFilesBeyondTheSizeLimit) {
  EXPECT_TRUE(
      load_text(std::string(kHead) + "#" + std::string(kMaxFileBytes - kHead.size() - 1, 'x'), "f",
                {})
          .ok());
  EXPECT_EQ(
      load_text(std::string(kHead) + "#" + std::string(kMaxFileBytes - kHead.size(), 'x'), "f", {})
          .problems(),
      (std::vector<std::string>{"f: is larger than 4194304 bytes"}));
}

TEST(ConfigLoadTest, WantsCertificateAndKeyTogether) {
  EXPECT_EQ(problem("secure: {tlsCertFile: a.crt}\n"),
            "limen.yaml:3:23: secure: tlsCertFile and tlsPrivateKeyFile must be given together");
}

TEST(ConfigLoadTest, WantsPolicyAndPlaceOfTheAuditLogTogether) {
  EXPECT_EQ(problem("audit: {policyFile: p.yaml}\n"),
            "limen.yaml:3:21: audit: policyFile says what is recorded, logPath or "
            "auditWebhook.kubeconfig where: give both or none");
  EXPECT_EQ(problem("audit: {logPath: \"-\"}\n"),
            "limen.yaml:3:18: audit: policyFile says what is recorded, logPath or "
            "auditWebhook.kubeconfig where: give both or none");
  EXPECT_EQ(problem("auditWebhook: {kubeconfig: a}\n"),
            "limen.yaml:3:28: audit: policyFile says what is recorded, logPath or "
            "auditWebhook.kubeconfig where: give both or none");
  EXPECT_TRUE(load("audit: {policyFile: p.yaml}\nauditWebhook: {kubeconfig: a}\n").ok());
  EXPECT_EQ(problem("auditWebhook: {mode: strict}\n"),
            "limen.yaml:3:22: auditWebhook.mode: \"strict\" must be batch, blocking or "
            "blocking-strict");
  EXPECT_EQ(problem("auditWebhook: {maxBatchSize: 1023}\n"),
            "limen.yaml:3:30: auditWebhook.maxBatchSize: 1023 must be between 1024 and 1073741824");
  EXPECT_EQ(problem("audit: {whenFull: wait}\n"),
            "limen.yaml:3:19: audit.whenFull: \"wait\" must be drop or refuse");
  EXPECT_EQ(problem("audit: {logpath: a}\n"),
            "limen.yaml:3:9: audit: unknown key \"logpath\" (did you mean \"logPath\"?)");
}

TEST(ConfigLoadTest, APrivateKeyIsNotWrittenIntoTheFileNorIntoAMessage) {
  const std::string key =
      "\"-----BEGIN EC PRIVATE KEY-----\\ncanary\\n-----END EC PRIVATE KEY-----\"";
  for (const auto& [body, beginning] :
       {std::pair<std::string, std::string>{"secure: {tlsPrivateKeyFile: " + key + "}\n",
                                            "limen.yaml:3:29: secure.tlsPrivateKeyFile: holds"},
        {"authenticators:\n- {name: sa, module: service-account, config: {files: [a, " + key +
             "]}}\n",
         "limen.yaml:4:59: sa.config/files/1: holds"},
        {"storage: {module: sqlite, config: {path: " + key + "}}\n",
         "limen.yaml:3:42: sqlite.config/path: holds"}}) {
    const std::string text = problem(body);
    EXPECT_TRUE(text.starts_with(beginning)) << text;
    EXPECT_EQ(text.find("canary"), std::string::npos) << text;
  }
}

TEST(ConfigLoadTest, ReadsTheLevelsOfSingleSources) {
  const Loaded loaded = load_text(
      std::string(kHead) + "log: {levels: [authn=debug, module/a=b=warn]}\n", "limen.yaml", {});
  EXPECT_EQ(loaded.problems(), std::vector<std::string>{});
  EXPECT_EQ(loaded.configuration.log.levels,
            (std::vector<std::string>{"authn=debug", "module/a=b=warn"}));
  EXPECT_NE(problem("log: {levels: [authn]}\n").find("such as authn=debug"), std::string::npos);
  EXPECT_NE(problem("log: {levels: [rbac=debug]}\n").find("must be a room of the server"),
            std::string::npos);
  EXPECT_NE(problem("log: {levels: [authn=loud]}\n").find("must be debug, info, warn or error"),
            std::string::npos);
}

TEST(ConfigLoadTest, KeepsTheLocalListenerOnLoopbackUnlessToldOtherwise) {
  EXPECT_NE(problem("local: {enabled: true, bindAddress: 10.0.0.1}\n")
                .find("limen.yaml:3:37: local.bindAddress: 10.0.0.1 is not a loopback address"),
            std::string::npos);
  EXPECT_TRUE(load("local: {enabled: true, bindAddress: 10.0.0.1, allowNonLoopback: true}\n").ok());
  EXPECT_TRUE(load("local: {enabled: false, bindAddress: 10.0.0.1}\n").ok());
  for (const char* loopback : {"127.0.0.1", "127.9.9.9", "'::1'", "'::ffff:127.0.0.1'"}) {
    EXPECT_TRUE(load("local: {enabled: true, bindAddress: " + std::string(loopback) + "}\n").ok());
  }
  for (const char* other : {"0.0.0.0", "'::'", "128.0.0.1", "'::ffff:10.0.0.1'", "'::2'"}) {
    EXPECT_FALSE(load("local: {enabled: true, bindAddress: " + std::string(other) + "}\n").ok());
  }
}

TEST(ConfigLoadTest, RefusesTwoListenersOnOnePort) {
  EXPECT_EQ(problem("local: {enabled: true, port: 6443}\n"),
            "limen.yaml:3:30: local.port: 6443 is the port of the secure listener already");
  EXPECT_TRUE(load("secure: {bindAddress: 10.0.0.1}\nlocal: {enabled: true, port: 6443}\n").ok());
}

TEST(ConfigLoadTest, FlagsWinOverTheFile) {
  Flags flags;
  flags.secure_port = "7000";
  flags.bind_address = "127.0.0.1";
  flags.tls_cert_file = "x.crt";
  flags.tls_private_key_file = "x.key";
  flags.insecure_port = "7001";
  flags.insecure_bind_address = "::1";
  const Loaded loaded = load("secure: {port: 1, tlsCertFile: a, tlsPrivateKeyFile: b}\n", flags);
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded.configuration.secure.port, 7000);
  EXPECT_EQ(loaded.configuration.secure.bind_address, "127.0.0.1");
  EXPECT_EQ(loaded.configuration.secure.tls_cert_file, "x.crt");
  EXPECT_EQ(loaded.configuration.secure.tls_private_key_file, "x.key");
  EXPECT_TRUE(loaded.configuration.local.enabled);
  EXPECT_EQ(loaded.configuration.local.port, 7001);
  EXPECT_EQ(loaded.configuration.local.bind_address, "::1");
}

TEST(ConfigLoadTest, InsecurePortZeroTurnsTheLocalListenerOff) {
  Flags flags;
  flags.insecure_port = "0";
  const Loaded loaded = load("local: {enabled: true, port: 9000}\n", flags);
  ASSERT_TRUE(loaded.ok());
  EXPECT_FALSE(loaded.configuration.local.enabled);
}

TEST(ConfigLoadTest, RefusesSecurePortZeroInKubernetesWords) {
  Flags flags;
  flags.secure_port = "0";
  EXPECT_EQ(
      problem("", flags),
      "--secure-port 0 must be between 1 and 65535, inclusive. It cannot be turned off with 0");
  flags.secure_port = "65536";
  EXPECT_EQ(
      problem("", flags),
      "--secure-port 65536 must be between 1 and 65535, inclusive. It cannot be turned off with "
      "0");
}

TEST(ConfigLoadTest, RefusesFlagsThatCannotBeRead) {
  Flags flags;
  flags.secure_port = "6443x";
  EXPECT_EQ(problem("", flags),
            "invalid argument \"6443x\" for \"--secure-port\" flag: strconv.ParseInt: parsing "
            "\"6443x\": invalid syntax");
  flags = {};
  flags.bind_address = "nowhere";
  EXPECT_EQ(
      problem("", flags),
      "invalid argument \"nowhere\" for \"--bind-address\" flag: failed to parse IP: \"nowhere\"");
}

TEST(ConfigLoadTest, FlagsCannotMoveTheLocalListenerOffLoopback) {
  Flags flags;
  flags.insecure_port = "8080";
  flags.insecure_bind_address = "0.0.0.0";
  EXPECT_NE(problem("", flags).find("0.0.0.0 is not a loopback address"), std::string::npos);
}

TEST(ConfigLoadTest, KnowsTheControllersItIsToldOf) {
  const Known known{{"namespace", "service-account"}};
  const auto problems = [&](const std::string& names) {
    return load_text(std::string(kHead) + "controllers: {disabled: " + names + "}\n", "limen.yaml",
                     {}, known)
        .problems();
  };
  EXPECT_TRUE(problems("[namespace]").empty());
  EXPECT_EQ(
      problems("[namespaces]"),
      (std::vector<std::string>{"limen.yaml:3:26: controllers.disabled: there is no controller "
                                "\"namespaces\" (did you mean \"namespace\"?)"}));
  EXPECT_EQ(problems("[namespace, namespace]"),
            (std::vector<std::string>{
                "limen.yaml:3:37: controllers.disabled: duplicate name \"namespace\""}));
}

TEST(ConfigLoadTest, TakesADigestOfAModuleAndRefusesWhatIsNone) {
  const std::string digest(64, 'A');
  const Loaded loaded = load("authorizers: [{name: a, sha256: " + digest + "}]\n");
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded.configuration.authorizers[0].sha256, std::string(64, 'a'));
  EXPECT_EQ(problem("authorizers: [{name: a, sha256: " + digest + "0}]\n"),
            "limen.yaml:3:33: authorizers[0].sha256: must be 64 hexadecimal digits");
}

class ConfigFileTest : public testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/limen-config-XXXXXX";
    ASSERT_NE(mkdtemp(pattern), nullptr);
    folder_ = pattern;
  }
  void TearDown() override {
    unlink((folder_ + "/limen.yaml").c_str());
    rmdir(folder_.c_str());
  }
  std::string folder_;
};

TEST_F(ConfigFileTest, ReadsAFile) {
  const std::string path = folder_ + "/limen.yaml";
  std::ofstream(path) << kHead << "modulePath: /m\n";
  const Loaded loaded = load_file(path, {});
  EXPECT_TRUE(loaded.ok());
  EXPECT_EQ(loaded.configuration.module_path, "/m");
  EXPECT_EQ(loaded.configuration.file, path);
}

TEST_F(ConfigFileTest, SaysWhichFileCannotBeRead) {
  EXPECT_EQ(load_file("/nonexistent/limen.yaml", {}).problems(),
            (std::vector<std::string>{"/nonexistent/limen.yaml: No such file or directory"}));
  EXPECT_EQ(load_file(folder_, {}).problems(),
            (std::vector<std::string>{folder_ + ": is not a regular file"}));
}

TEST(ConfigExampleTest, TheShippedFileShowsExactlyTheDefaults) {
  const Loaded shipped = load_file(LIMEN_SOURCE_DIR "/conf/limen.yaml", {});
  ASSERT_TRUE(shipped.ok()) << shipped.problems()[0];
  const ServerConfiguration defaults;
  const ServerConfiguration& c = shipped.configuration;
  EXPECT_EQ(c.secure.bind_address, defaults.secure.bind_address);
  EXPECT_EQ(c.secure.port, defaults.secure.port);
  EXPECT_EQ(c.secure.cert_dir, defaults.secure.cert_dir);
  EXPECT_EQ(c.secure.http2, defaults.secure.http2);
  EXPECT_EQ(c.local.enabled, defaults.local.enabled);
  EXPECT_EQ(c.local.port, defaults.local.port);
  EXPECT_EQ(c.limits.max_request_line_bytes, defaults.limits.max_request_line_bytes);
  EXPECT_EQ(c.limits.max_header_bytes, defaults.limits.max_header_bytes);
  EXPECT_EQ(c.limits.max_request_body_bytes, defaults.limits.max_request_body_bytes);
  EXPECT_EQ(c.limits.max_header_count, defaults.limits.max_header_count);
  EXPECT_EQ(c.limits.max_connections, defaults.limits.max_connections);
  EXPECT_EQ(c.limits.max_pipelined_bytes, defaults.limits.max_pipelined_bytes);
  EXPECT_EQ(c.limits.max_streams_per_connection, defaults.limits.max_streams_per_connection);
  EXPECT_EQ(c.limits.max_requests_in_flight, defaults.limits.max_requests_in_flight);
  EXPECT_EQ(c.limits.max_mutating_requests_in_flight,
            defaults.limits.max_mutating_requests_in_flight);
  EXPECT_EQ(c.limits.handshake_timeout, defaults.limits.handshake_timeout);
  EXPECT_EQ(c.limits.header_timeout, defaults.limits.header_timeout);
  EXPECT_EQ(c.limits.body_timeout, defaults.limits.body_timeout);
  EXPECT_EQ(c.limits.idle_timeout, defaults.limits.idle_timeout);
  EXPECT_EQ(c.limits.write_timeout, defaults.limits.write_timeout);
  EXPECT_EQ(c.threads.io, defaults.threads.io);
  EXPECT_EQ(c.threads.workers, defaults.threads.workers);
  EXPECT_EQ(c.log.level, defaults.log.level);
  EXPECT_EQ(c.log.format, defaults.log.format);
  EXPECT_EQ(c.audit.policy_file, defaults.audit.policy_file);
  EXPECT_EQ(c.audit.log_path, defaults.audit.log_path);
  EXPECT_EQ(c.audit.max_size, defaults.audit.max_size);
  EXPECT_EQ(c.audit.max_backups, defaults.audit.max_backups);
  EXPECT_EQ(c.audit.max_age, defaults.audit.max_age);
  EXPECT_EQ(c.audit.buffer_events, defaults.audit.buffer_events);
  EXPECT_EQ(c.audit.buffer_bytes, defaults.audit.buffer_bytes);
  EXPECT_EQ(c.audit.when_full, defaults.audit.when_full);
  EXPECT_EQ(c.audit.compress, defaults.audit.compress);
  EXPECT_EQ(c.audit.max_event_size, defaults.audit.max_event_size);
  EXPECT_EQ(c.audit_webhook.kubeconfig, defaults.audit_webhook.kubeconfig);
  EXPECT_EQ(c.audit_webhook.mode, defaults.audit_webhook.mode);
  EXPECT_EQ(c.audit_webhook.buffer_events, defaults.audit_webhook.buffer_events);
  EXPECT_EQ(c.audit_webhook.buffer_bytes, defaults.audit_webhook.buffer_bytes);
  EXPECT_EQ(c.audit_webhook.batch_events, defaults.audit_webhook.batch_events);
  EXPECT_EQ(c.audit_webhook.batch_wait, defaults.audit_webhook.batch_wait);
  EXPECT_EQ(c.audit_webhook.throttle, defaults.audit_webhook.throttle);
  EXPECT_EQ(c.audit_webhook.throttle_qps, defaults.audit_webhook.throttle_qps);
  EXPECT_EQ(c.audit_webhook.throttle_burst, defaults.audit_webhook.throttle_burst);
  EXPECT_EQ(c.audit_webhook.initial_backoff, defaults.audit_webhook.initial_backoff);
  EXPECT_EQ(c.audit_webhook.max_event_size, defaults.audit_webhook.max_event_size);
  EXPECT_EQ(c.audit_webhook.max_batch_size, defaults.audit_webhook.max_batch_size);
  EXPECT_EQ(c.request_timeout, defaults.request_timeout);
  EXPECT_EQ(c.min_request_timeout, defaults.min_request_timeout);
  EXPECT_EQ(c.history_retention, defaults.history_retention);
  EXPECT_EQ(c.shutdown_delay, defaults.shutdown_delay);
  EXPECT_EQ(c.shutdown_timeout, defaults.shutdown_timeout);
  EXPECT_EQ(c.storage.config, defaults.storage.config);
}

}  // namespace
}  // namespace limen::config
