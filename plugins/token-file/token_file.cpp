// token-file: static bearer tokens from a CSV file, as kube-apiserver's --token-auth-file, read
// again when the file changes.

#include <algorithm>
#include <limen/cpp/file_watch.hpp>
#include <limen/cpp/plugin.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/digest.h"
#include "common/user_file.h"

namespace {

using limen::plugins::Digest;
using limen::plugins::DigestHash;
using limen::plugins::UserRecord;

constexpr const char* kSchema = R"json({
  "type": "object",
  "required": ["path"],
  "properties": {
    "path": {
      "type": "string",
      "minLength": 1,
      "description": "CSV file of lines token,user,uid[,\"group1,group2\"]. A change is in force within a second."
    }
  }
})json";

struct User {
  std::string name, uid;
  std::vector<std::string> groups;
};

// The tokens of one reading of the file, as salted digests. Immutable once read.
class Tokens {
 public:
  Tokens(const std::string& path, limen::Log log) {
    for (UserRecord& record : limen::plugins::read_user_file(path, "token")) {
      add(log, path, record);
    }
    if (limen::plugins::is_world_readable(path)) {
      log.warn("everybody on this machine can read the token file", {{"path", path}});
    }
    log.info("tokens read", {{"path", path}, {"tokens", std::to_string(users_.size())}});
  }

  // Null when there is no such token.
  const User* find(std::string_view token) const {
    // A token longer than any known one is not worth hashing.
    if (token.empty() || token.size() > longest_) return nullptr;
    const auto found = users_.find(digest_(token));
    return found == users_.end() ? nullptr : &found->second;
  }

 private:
  void add(limen::Log log, const std::string& path, UserRecord& record) {
    const std::string line = std::to_string(record.line);
    if (record.secret.empty()) {
      log.warn("an empty token was skipped", {{"path", path}, {"line", line}});
      return;
    }
    longest_ = std::max(longest_, record.secret.size());
    const Digest key = digest_(record.secret);
    limen::plugins::wipe(record.secret);
    User user{std::move(record.name), std::move(record.uid), std::move(record.groups)};
    if (!users_.insert_or_assign(key, std::move(user)).second) {
      log.warn("a token comes twice; the later line counts", {{"path", path}, {"line", line}});
    }
  }

  limen::plugins::SaltedDigest digest_;
  std::unordered_map<Digest, User, DigestHash> users_;
  std::size_t longest_ = 0;
};

class TokenFile final : public limen::Authenticator {
 public:
  TokenFile(limen::Host& host, limen::Node config)
      : path_(config["path"].string_or("")),
        tokens_(host, "tokens", {path_}, [this, log = host.log()] { return Tokens(path_, log); }) {}

  static void check_config(limen::Node config, limen::Findings& findings) {
    try {
      limen::plugins::read_user_file(config["path"].string_or(""), "token");
    } catch (const std::exception& error) {
      findings.error("/path", error.what());
    }
  }

  limen::Result<void> start() override { return tokens_.start(); }

  limen::Result<void> authenticate(limen::AuthnCall& call) override {
    const std::string_view token = call.bearer_token();
    if (token.empty()) return {};
    const auto tokens = tokens_.get();
    const User* const user = tokens->find(token);
    if (user == nullptr) return {};
    call.accept(user->name, user->uid);
    for (const std::string& group : user->groups) call.group(group);
    return {};
  }

 private:
  const std::string path_;
  limen::Reloaded<Tokens> tokens_;
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::authenticator<TokenFile>({
    .id = "token-file",
    .version = "1.1.0",
    .vendor = "Limen",
    .summary = "Static bearer tokens from a CSV file.",
    .config_schema = kSchema,
}))
