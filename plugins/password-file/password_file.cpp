// password-file: user names and passwords from a CSV file, presented with HTTP's Basic scheme (RFC
// 7617), as kube-apiserver's --basic-auth-file was until 1.19.

#include <algorithm>
#include <limen/cpp/plugin.hpp>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "basic_credentials.h"
#include "common/digest.h"
#include "common/user_file.h"

namespace {

using limen::plugins::Digest;
using limen::plugins::UserRecord;

constexpr const char* kSchema = R"json({
  "type": "object",
  "required": ["path"],
  "properties": {
    "path": {
      "type": "string",
      "minLength": 1,
      "description": "CSV file of lines password,user,uid[,\"group1,group2\"]. Read once, at start."
    },
    "realm": {
      "type": "string",
      "pattern": "^[ !#-\\[\\]-~]*$",
      "default": "kubernetes-master",
      "description": "The realm told to clients in WWW-Authenticate."
    }
  }
})json";

// No header that is longer can hold a known user and password of sane length; hashing stays cheap.
constexpr std::size_t kMaxHeaderBytes = 8192;

class PasswordFile final : public limen::Authenticator {
 public:
  PasswordFile(limen::Host& host, limen::Node config)
      : challenge_("Basic realm=\"" + config["realm"].string_or("kubernetes-master") + "\"") {
    const std::string path = config["path"].string_or("");
    for (UserRecord& record : read(path)) add(host.log(), path, record);
    if (limen::plugins::is_world_readable(path)) {
      host.log().warn("everybody on this machine can read the password file", {{"path", path}});
    }
    host.log().info("users read", {{"path", path}, {"users", std::to_string(users_.size())}});
  }

  static void check_config(limen::Node config, limen::Findings& findings) {
    try {
      read(config["path"].string_or(""));
    } catch (const limen::ConfigError& error) {
      findings.error("/path", error.what());
    }
  }

  limen::Result<void> authenticate(limen::AuthnCall& call) override {
    call.challenge(challenge_);
    const std::string_view header = call.header("authorization");
    if (header.empty() || header.size() > kMaxHeaderBytes) return {};
    auto credentials = limen::plugins::parse_basic(header);
    if (!credentials) return {};
    const auto found = users_.find(credentials->user);
    // An unknown user costs what a wrong password costs.
    const bool known = found != users_.end();
    const Digest& wanted = known ? found->second.password : nobody_;
    const bool right = limen::plugins::same_digest(digest_(credentials->password), wanted);
    limen::plugins::wipe(credentials->password);
    if (!known || !right)
      return limen::Error{"invalid username/password combination", LIMEN_E_INVALID};
    call.accept(found->first, found->second.uid);
    for (const std::string& group : found->second.groups) call.group(group);
    return {};
  }

 private:
  struct User {
    Digest password;
    std::string uid;
    std::vector<std::string> groups;
  };

  static std::vector<UserRecord> read(const std::string& path) {
    try {
      return limen::plugins::read_user_file(path, "password");
    } catch (const limen::plugins::UserFileError& error) {
      throw limen::ConfigError(error.what());
    }
  }

  void add(limen::Log log, const std::string& path, UserRecord& record) {
    const std::string line = std::to_string(record.line);
    if (record.secret.empty()) {
      log.warn("a user without a password was skipped", {{"path", path}, {"line", line}});
      return;
    }
    User user{digest_(record.secret), std::move(record.uid), std::move(record.groups)};
    limen::plugins::wipe(record.secret);
    if (!users_.insert_or_assign(std::move(record.name), std::move(user)).second) {
      log.warn("a user comes twice; the later line counts", {{"path", path}, {"line", line}});
    }
  }

  std::string challenge_;
  limen::plugins::SaltedDigest digest_;
  Digest nobody_{};
  std::unordered_map<std::string, User> users_;
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::authenticator<PasswordFile>({
    .id = "password-file",
    .version = "1.0.0",
    .vendor = "Limen",
    .summary = "User names and passwords from a CSV file, with HTTP's Basic scheme.",
    .config_schema = kSchema,
}))
