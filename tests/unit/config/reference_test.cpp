#include "config/reference.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "config/keys.h"
#include "config/load.h"

namespace limen::config {
namespace {

const std::string kHead = "apiVersion: config.limen.io/v1\nkind: ServerConfiguration\n";

std::vector<std::string> problems_of(const std::string& body) {
  return load_text(kHead + body, "limen.yaml", {}).problems();
}

std::set<std::string> documented() {
  std::set<std::string> out;
  for (const KeyReference& key : key_reference()) out.emplace(key.text->path);
  for (const KeyReference& key : entry_reference()) out.emplace(key.text->path);
  return out;
}

// The file with nothing but `path: value`.
std::string body_of(const KeyReference& key) {
  std::string value(key.text->example);
  if (value.empty()) value = key.shipped.empty() ? key.fallback : std::string(key.shipped);
  if (value.empty()) value = "\"\"";
  const std::string path(key.text->path);
  const std::size_t dot = path.find('.');
  if (dot == std::string::npos) return path + ": " + value + '\n';
  return path.substr(0, dot) + ":\n  " + path.substr(dot + 1) + ": " + value + '\n';
}

TEST(ReferenceTest, TheShippedFileIsWhatTheTablesSay) {
  std::ifstream file(LIMEN_SOURCE_DIR "/conf/limen.yaml");
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), shipped_configuration())
      << "write it anew: limen man --configuration > conf/limen.yaml";
}

TEST(ReferenceTest, TheShippedFileIsReadWithoutAComplaint) {
  const Loaded loaded = load_text(shipped_configuration(), "limen.yaml", {});
  EXPECT_EQ(loaded.problems(), std::vector<std::string>());
  EXPECT_EQ(loaded.warnings, std::vector<std::string>());
}

TEST(ReferenceTest, TheReaderTakesEveryKeyWithTheValueThatIsShown) {
  for (const KeyReference& key : key_reference()) {
    if (key.section) continue;
    for (const std::string& problem : problems_of(body_of(key))) {
      // Half of what belongs together is a complaint about the other half, and a file that is shown
      // need not be there.
      const bool half = problem.find("must be given together") != std::string::npos ||
                        problem.find("No such file or directory") != std::string::npos ||
                        problem.find("give both or none") != std::string::npos;
      EXPECT_TRUE(half) << key.text->path << ": " << problem;
    }
  }
}

TEST(ReferenceTest, TheReaderTakesEveryKeyOfAnEntry) {
  const std::string sha256(64, 'a');
  EXPECT_EQ(
      problems_of(
          "admission:\n  - {name: a, module: b, timeout: 10s, sha256: " + sha256 +
          ", mode: enforce, failurePolicy: Fail, maxCalls: 8, isolation: process, memoryLimit: "
          "512Mi, config: {}}\n"),
      std::vector<std::string>());
  EXPECT_EQ(problems_of("secure:\n  sniCertificates: [{certFile: a, keyFile: b, names: [c]}]\n"),
            std::vector<std::string>());
}

TEST(ReferenceTest, EveryKeyTheReaderKnowsHasItsWords) {
  const std::set<std::string> known = documented();
  const std::pair<Map, std::string> maps[] = {{Map::module_entry, "entry."},
                                              {Map::admission_entry, "entry."},
                                              {Map::storage, "entry."},
                                              {Map::sni_certificate, "sni."},
                                              {Map::controllers, "controllers."},
                                              {Map::admission_plugins, "admissionPlugins."},
                                              {Map::top, ""}};
  for (const auto& [map, prefix] : maps) {
    for (const std::string& key : keys_in(map)) {
      if (key == "apiVersion" || key == "kind") continue;
      EXPECT_TRUE(known.contains(prefix + key)) << prefix << key;
    }
  }
}

TEST(ReferenceTest, WordsAreOneLineOfAscii) {
  std::vector<KeyReference> all = key_reference();
  for (const KeyReference& key : entry_reference()) all.push_back(key);
  for (const KeyReference& key : all) {
    const std::string_view text = key.text->text;
    EXPECT_TRUE(text.ends_with('.')) << key.text->path;
    EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](char c) { return c >= 32 && c < 127; }))
        << key.text->path;
  }
}

TEST(ReferenceTest, NoLineOfTheShippedFileIsTooLong) {
  std::istringstream lines(shipped_configuration());
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 110U) << line;
}

TEST(ReferenceTest, AHintTellsTypeBoundsAndDefault) {
  EXPECT_EQ(key_hint("secure.port"), "whole number, 1 to 65535; default 6443");
  EXPECT_EQ(key_hint("requestTimeout"), "duration, 1s to 1h; default 1m");
  EXPECT_EQ(key_hint("local.enabled"), "true or false; default false");
  EXPECT_EQ(key_hint("audit.policyFile"), "text; default none");
  EXPECT_EQ(key_hint("apiAudiences"), "list of texts; default []");
  EXPECT_EQ(key_hint("authenticators[2].mode"), "enforce or shadow; default enforce");
  EXPECT_EQ(key_hint("storage.timeout"), "duration, 1ms to 5m; default 10s");
  EXPECT_EQ(key_hint("secure.sniCertificates[0].names"), "list of texts; default none");
  EXPECT_EQ(key_hint("secure"), "");
  EXPECT_EQ(key_hint("no.such.key"), "");
}

}  // namespace
}  // namespace limen::config
