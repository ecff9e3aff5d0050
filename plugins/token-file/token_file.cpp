// token-file: static bearer tokens from a CSV file, as kube-apiserver's --token-auth-file.

#include <algorithm>
#include <limen/cpp/plugin.hpp>
#include <string>
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
      "description": "CSV file of lines token,user,uid[,\"group1,group2\"]. Read once, at start."
    }
  }
})json";

class TokenFile final : public limen::Authenticator {
 public:
  TokenFile(limen::Host& host, limen::Node config) {
    const std::string path = config["path"].string_or("");
    for (UserRecord& record : read(path)) add(host.log(), path, record);
    if (limen::plugins::is_world_readable(path)) {
      host.log().warn("everybody on this machine can read the token file", {{"path", path}});
    }
    host.log().info("tokens read", {{"path", path}, {"tokens", std::to_string(users_.size())}});
  }

  static void check_config(limen::Node config, limen::Findings& findings) {
    try {
      read(config["path"].string_or(""));
    } catch (const limen::ConfigError& error) {
      findings.error("/path", error.what());
    }
  }

  limen::Result<void> authenticate(limen::AuthnCall& call) override {
    const std::string_view token = call.bearer_token();
    // A token longer than any known one is not worth hashing.
    if (token.empty() || token.size() > longest_) return {};
    const auto found = users_.find(digest_(token));
    if (found == users_.end()) return {};
    const User& user = found->second;
    call.accept(user.name, user.uid);
    for (const std::string& group : user.groups) call.group(group);
    return {};
  }

 private:
  struct User {
    std::string name, uid;
    std::vector<std::string> groups;
  };

  static std::vector<UserRecord> read(const std::string& path) {
    try {
      return limen::plugins::read_user_file(path, "token");
    } catch (const limen::plugins::UserFileError& error) {
      throw limen::ConfigError(error.what());
    }
  }

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

}  // namespace

LIMEN_EXPORT_MODULE(limen::authenticator<TokenFile>({
    .id = "token-file",
    .version = "1.0.0",
    .vendor = "Limen",
    .summary = "Static bearer tokens from a CSV file.",
    .config_schema = kSchema,
}))
