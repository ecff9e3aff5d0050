// acme-module: people are known by the badge they show in a header.
//
// The badges are in a file, one a line: the badge, the name of its holder, any number of groups.
// The file is read again when it changes.

#include <fstream>
#include <limen/cpp/file_watch.hpp>
#include <limen/cpp/plugin.hpp>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

// What may stand below `config:`. The server checks it before this module runs, fills in the
// defaults and shows the descriptions to operators.
constexpr const char* kSchema = R"json({
  "type": "object",
  "required": ["file"],
  "properties": {
    "file": {
      "type": "string",
      "minLength": 1,
      "description": "The badges: lines of a badge, its holder's name and any number of groups."
    },
    "header": {
      "type": "string",
      "pattern": "^[a-z0-9-]+$",
      "default": "x-acme-module",
      "description": "The header that carries a badge, in lower case."
    }
  }
})json";

constexpr std::size_t kShortestBadge = 16;  // whoever guesses a badge is somebody

struct Holder {
  std::string badge, name;
  std::vector<std::string> groups;
};

// An error says where and never what: a badge is a secret.
std::vector<Holder> read_holders(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw limen::ConfigError(path + ": cannot be read");
  std::vector<Holder> holders;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    std::istringstream words(line);
    Holder holder;
    if (!(words >> holder.badge) || holder.badge.front() == '#') continue;
    const std::string at = path + ":" + std::to_string(number) + ": ";
    if (holder.badge.size() < kShortestBadge) {
      throw limen::ConfigError(at + "a badge has at least 16 characters");
    }
    if (!(words >> holder.name)) throw limen::ConfigError(at + "write whose badge it is behind it");
    for (std::string group; words >> group;) holder.groups.push_back(group);
    holders.push_back(std::move(holder));
  }
  return holders;
}

// Looks at every character wherever the first difference is, so that the time it takes tells nobody
// how much of a badge was right.
bool same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned differs = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    differs |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  }
  return differs == 0;
}

class AcmeModule final : public limen::Authenticator {
 public:
  // Runs once for each instance in the config, before the server serves. Throwing
  // limen::ConfigError stops the start with the text.
  AcmeModule(limen::Host& host, limen::Node config)
      : header_(config["header"].string_or("x-acme-module")),
        refused_(host.metrics().counter("badges_refused_total", "Badges that nobody holds.")),
        holders_(host, "badges", {config["file"].string_or("")},
                 [path = config["file"].string_or("")] { return read_holders(path); }) {
    host.log().info("badges are read", {{"header", header_}});
  }

  limen::Result<void> start() override { return holders_.start(); }

  // Many threads at once; no blocking.
  limen::Result<void> authenticate(limen::AuthnCall& call) override {
    const std::string_view badge = call.header(header_);
    if (badge.empty()) return {};  // no credential of this kind: the next one is asked
    const auto holders = holders_.get();
    for (const Holder& holder : *holders) {
      if (!same(holder.badge, badge)) continue;
      call.accept(holder.name);
      for (const std::string& group : holder.groups) call.group(group);
      return {};
    }
    refused_.add();
    return limen::Error{"nobody holds this badge"};
  }

 private:
  const std::string header_;
  const limen::Counter refused_;
  limen::Reloaded<std::vector<Holder>> holders_;
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::authenticator<AcmeModule>({
    .id = "acme-module",
    .version = "1.0.0",
    .vendor = "Acme",
    .url = "https://acme.example/limen",
    .summary = "Knows people by the badge they show.",
    .config_schema = kSchema,
    .required = {LIMEN_EXECUTOR},
}))
