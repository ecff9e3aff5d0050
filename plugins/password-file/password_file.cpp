// password-file: user names and passwords from a CSV file, presented with HTTP's Basic scheme (RFC
// 7617), as kube-apiserver's --basic-auth-file was until 1.19. Passwords may be hashed; the file is
// read again when it changes.

#include <limen/cpp/file_watch.hpp>
#include <limen/cpp/plugin.hpp>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "basic_credentials.h"
#include "common/digest.h"
#include "common/user_file.h"
#include "secret.h"
#include "verifier.h"

namespace {

using limen::plugins::Digest;
using limen::plugins::Secret;
using limen::plugins::UserRecord;
using limen::plugins::Verifier;

constexpr const char* kSchema = R"json({
  "type": "object",
  "required": ["path"],
  "properties": {
    "path": {
      "type": "string",
      "minLength": 1,
      "description": "CSV file of lines password,user,uid[,\"group1,group2\"]. The password may be a hash ($2b$, $y$ or $6$). A change is in force within a second."
    },
    "hashThreads": {
      "type": "integer",
      "minimum": 1,
      "maximum": 64,
      "default": 1,
      "description": "Comparisons with hashed passwords at one time."
    },
    "rememberSeconds": {
      "type": "integer",
      "minimum": 0,
      "maximum": 3600,
      "default": 30,
      "description": "How long a hashed password that was right is taken again without hashing; 0: never."
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

struct User {
  Secret secret;
  std::string uid;
  std::vector<std::string> groups;
};

// The users of one reading of the file. Immutable once read.
class Users {
 public:
  Users(const std::string& path, limen::Log log) {
    for (UserRecord& record : limen::plugins::read_user_file(path, "password")) {
      add(log, path, record);
    }
    if (limen::plugins::is_world_readable(path)) {
      log.warn("everybody on this machine can read the password file", {{"path", path}});
    }
    log.info("users read", {{"path", path}, {"users", std::to_string(users_.size())}});
  }

  // Null when there is no such user.
  const User* find(const std::string& name) const {
    const auto found = users_.find(name);
    return found == users_.end() ? nullptr : &found->second;
  }
  // Compares as if for somebody of this file; for those who are not in it.
  void pretend(const std::string& password) const { stranger_.pretend(password, digest_); }
  bool matches(const User& user, const std::string& password) const {
    return user.secret.matches(password, digest_);
  }
  bool stranger_is_slow() const { return stranger_.is_slow(); }

 private:
  void add(limen::Log log, const std::string& path, UserRecord& record) {
    const std::string line = std::to_string(record.line);
    if (record.secret.empty()) {
      log.warn("a user without a password was skipped", {{"path", path}, {"line", line}});
      return;
    }
    User user{secret_of(path, record), std::move(record.uid), std::move(record.groups)};
    limen::plugins::wipe(record.secret);
    if (user.secret.is_slow() && !stranger_.is_slow()) stranger_ = user.secret;
    if (!users_.insert_or_assign(std::move(record.name), std::move(user)).second) {
      log.warn("a user comes twice; the later line counts", {{"path", path}, {"line", line}});
    }
  }

  Secret secret_of(const std::string& path, const UserRecord& record) const {
    try {
      return Secret(record.secret, digest_);
    } catch (const std::runtime_error& error) {
      throw limen::plugins::UserFileError(path + ":" + std::to_string(record.line) + ": " +
                                          error.what());
    }
  }

  limen::plugins::SaltedDigest digest_;
  std::unordered_map<std::string, User> users_;
  // An unknown user costs what a wrong password costs: of a hash where the file has one.
  Secret stranger_{"", digest_};
};

class PasswordFile final : public limen::Authenticator {
 public:
  PasswordFile(limen::Host& host, limen::Node config)
      : path_(config["path"].string_or("")),
        challenge_("Basic realm=\"" + config["realm"].string_or("kubernetes-master") + "\""),
        verifier_(host, static_cast<std::size_t>(config["hashThreads"].int_or(1)),
                  config["rememberSeconds"].int_or(30)),
        users_(
            host, "passwords", {path_}, [this, log = host.log()] { return Users(path_, log); },
            [this] { verifier_.forget(); }) {}

  static void check_config(limen::Node config, limen::Findings& findings) {
    try {
      const std::string path = config["path"].string_or("");
      static_cast<void>(Users(path, limen::Log()));
    } catch (const std::exception& error) {
      findings.error("/path", error.what());
    }
  }

  limen::Result<void> start() override { return users_.start(); }

  limen::Result<void> authenticate(limen::AuthnCall& call) override {
    call.challenge(challenge_);
    const std::string_view header = call.header("authorization");
    if (header.empty() || header.size() > kMaxHeaderBytes) return {};
    auto credentials = limen::plugins::parse_basic(header);
    if (!credentials) return {};
    const auto users = users_.get();
    const User* const user = users->find(credentials->user);
    if (user == nullptr ? users->stranger_is_slow() : user->secret.is_slow()) {
      return verify_slowly(call, users, std::move(*credentials));
    }
    bool right = false;
    if (user == nullptr) {
      users->pretend(credentials->password);
    } else {
      right = users->matches(*user, credentials->password);
    }
    limen::plugins::wipe(credentials->password);
    if (!right) return refusal();
    accept(call, credentials->user, *user);
    return {};
  }

 private:
  using Credentials = limen::plugins::BasicCredentials;
  using UsersPtr = std::shared_ptr<const Users>;

  static limen::Error refusal() {
    return {"invalid username/password combination", LIMEN_E_INVALID};
  }

  static void accept(limen::AuthnCall& call, const std::string& name, const User& user) {
    call.accept(name, user.uid);
    for (const std::string& group : user.groups) call.group(group);
  }

  limen::Result<void> verify_slowly(limen::AuthnCall& call, const UsersPtr& users,
                                    Credentials credentials) {
    const User* const user = users->find(credentials.user);
    const Digest key = verifier_.key_of(credentials.user, credentials.password);
    if (user != nullptr && verifier_.remembers(key)) {
      limen::plugins::wipe(credentials.password);
      accept(call, credentials.user, *user);
      return {};
    }
    const std::string source(call.source_ip());
    const auto given = std::make_shared<Credentials>(std::move(credentials));
    const auto later = std::make_shared<limen::Deferred<limen::AuthnCall>>(call.defer());
    verifier_.verify(
        key, source,
        [users, given] {
          const User* const asked = users->find(given->user);
          if (asked == nullptr) users->pretend(given->password);
          const bool right = asked != nullptr && users->matches(*asked, given->password);
          limen::plugins::wipe(given->password);
          return right;
        },
        [this, users, later, name = given->user](Verifier::Answer answer) {
          answer_later(*later, users, name, answer);
        });
    return {};
  }

  void answer_later(limen::Deferred<limen::AuthnCall>& later, const UsersPtr& users,
                    const std::string& name, Verifier::Answer answer) {
    if (answer == Verifier::Answer::too_busy) {
      later.complete(limen::Error{"too many passwords wait to be compared", LIMEN_E_UNAVAILABLE});
      return;
    }
    // The file may have changed meanwhile: what it says now counts.
    if (answer == Verifier::Answer::right && users == users_.get()) {
      accept(*later, name, *users->find(name));
      later.complete();
      return;
    }
    later.complete(refusal());
  }

  const std::string path_;
  const std::string challenge_;
  Verifier verifier_;
  limen::Reloaded<Users> users_;
};

}  // namespace

LIMEN_EXPORT_MODULE(limen::authenticator<PasswordFile>({
    .id = "password-file",
    .version = "1.1.0",
    .vendor = "Limen",
    .summary = "User names and passwords from a CSV file, with HTTP's Basic scheme.",
    .config_schema = kSchema,
}))
