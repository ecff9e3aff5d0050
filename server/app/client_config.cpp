#include "app/client_config.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <initializer_list>
#include <stdexcept>
#include <string_view>

#include "app/files.h"
#include "base/strings.h"
#include "object/decode.h"
#include "object/metadata.h"

namespace limen::app {

namespace {

using object::Json;

constexpr const char* kInitKubeconfig = "/var/lib/limen/admin.kubeconfig";

class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {}

  ClientConfig read() {
    try {
      root_ = object::decode(read_file(path_), object::Format::yaml).value;
    } catch (const object::DecodeError& error) {
      refuse(error.what());
    }
    const std::string current(object::text_at(root_, "current-context"));
    if (current.empty()) refuse("current-context is empty: name the context to use");
    const Json& context = named("contexts", "context", current);
    made_.ns = object::text_at(context, "namespace");
    if (made_.ns.empty()) made_.ns = "default";
    read_cluster(named("clusters", "cluster", object::text_at(context, "cluster")));
    const std::string_view user = object::text_at(context, "user");
    if (!user.empty()) read_user(named("users", "user", user));
    return std::move(made_);
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    throw std::runtime_error(path_ + ": " + what);
  }

  // The entry of a list of named ones.
  const Json& named(std::string_view list, std::string_view key, std::string_view name) const {
    const Json* const entries = object::member(root_, list);
    if (entries != nullptr && entries->is_array()) {
      for (const Json& entry : entries->get_array()) {
        const Json* const body = object::member(entry, key);
        if (object::text_at(entry, "name") == name && body != nullptr && body->is_object()) {
          return *body;
        }
      }
    }
    refuse(std::string(list) + " has no " + base::go_quote(name));
  }

  void refuse_any(const Json& in, std::initializer_list<std::string_view> keys,
                  const std::string& why) const {
    for (const std::string_view key : keys) {
      if (object::member(in, key) != nullptr) refuse(std::string(key) + why);
    }
  }

  std::string beside(std::string_view file) const {
    return (std::filesystem::path(path_).parent_path() / file).string();
  }

  // What `key`-data says in base64, or else the file that `key` names; empty when neither is there.
  std::string data_or_file(const Json& in, const std::string& key) const {
    const std::string_view data = object::text_at(in, key + "-data");
    if (data.empty()) {
      const std::string_view file = object::text_at(in, key);
      return file.empty() ? std::string() : read_file(beside(file));
    }
    auto decoded = base::base64_decode(data);
    if (!decoded) refuse(key + "-data is not base64");
    return *std::move(decoded);
  }

  void read_cluster(const Json& cluster) {
    made_.server = object::text_at(cluster, "server");
    if (!made_.server.starts_with("https://")) {
      refuse("the cluster's server is not https://...: credentials do not travel in the clear");
    }
    const Json* const unverified = object::member(cluster, "insecure-skip-tls-verify");
    if (unverified != nullptr && unverified->is_bool() && unverified->get_bool()) {
      refuse("insecure-skip-tls-verify is refused: name the server's certificate-authority");
    }
    refuse_any(cluster, {"proxy-url"}, " is not supported");
    made_.server_name = object::text_at(cluster, "tls-server-name");
    made_.authorities = data_or_file(cluster, "certificate-authority");
  }

  void read_user(const Json& user) {
    refuse_any(user, {"exec", "auth-provider"},
               " is not supported: use a token, a client certificate or a password");
    refuse_any(user, {"as", "as-uid", "as-groups", "as-user-extra"}, " is not supported");
    made_.certificate = data_or_file(user, "client-certificate");
    made_.key = data_or_file(user, "client-key");
    if (made_.certificate.empty() != made_.key.empty()) {
      refuse("the user has a client certificate or its key, not both");
    }
    const std::string token = token_of(user);
    const std::string name(object::text_at(user, "username"));
    if (!token.empty()) {
      made_.authorization = "Bearer " + token;
    } else if (!name.empty()) {
      const std::string password(object::text_at(user, "password"));
      made_.authorization = "Basic " + base::base64_encode(name + ":" + password);
    }
  }

  // A file goes before the text beside it, as in kubectl.
  std::string token_of(const Json& user) const {
    const std::string_view file = object::text_at(user, "tokenFile");
    const std::string text =
        file.empty() ? std::string(object::text_at(user, "token")) : read_file(beside(file));
    std::string token(base::trim(text));
    const auto odd = [](char c) { return c <= ' ' || c > '~'; };
    if (std::any_of(token.begin(), token.end(), odd)) refuse("the token has odd characters");
    return token;
  }

  const std::string path_;
  Json root_;
  ClientConfig made_;
};

}  // namespace

ClientConfig read_client_config(const std::string& path) { return Reader(path).read(); }

std::string find_kubeconfig(const std::string& given) {
  if (!given.empty()) return given;
  std::vector<std::string> places;
  const char* const listed = std::getenv("KUBECONFIG");
  const std::string_view list = listed == nullptr ? "" : listed;
  for (const std::string_view path : base::split(list, ':')) {
    if (!path.empty()) places.emplace_back(path);
  }
  // What was named in so many words is not replaced by another.
  if (places.empty()) {
    const char* const home = std::getenv("HOME");
    if (home != nullptr && *home != '\0') places.push_back(std::string(home) + "/.kube/config");
    places.emplace_back(kInitKubeconfig);
  }
  for (const std::string& path : places) {
    if (file_exists(path)) return path;
  }
  throw std::runtime_error("there is no kubeconfig: looked for " + base::join(places, ", ") +
                           "; give one with --kubeconfig");
}

}  // namespace limen::app
