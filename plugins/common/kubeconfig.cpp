#include "common/kubeconfig.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <utility>

#include "common/base64.h"
#include "common/text_file.h"

namespace limen::plugins {

namespace {

constexpr std::uintmax_t kMaxBytes = 1u << 20;

// A mapping in the file, with the way to it for messages ("clusters[0].cluster").
struct Place {
  YAML::Node node;
  std::string way;
};

class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {}

  Kubeconfig read() {
    const Place root = head();
    const std::string current = text(root, "current-context");
    if (current.empty()) refuse(root, "current-context", "is empty: name the context to use");
    const Place context = named(root, "contexts", "context", current, "current-context");
    read_cluster(named(root, "clusters", "cluster", need(context, "cluster"), "cluster"));
    const std::string user = text(context, "user");
    if (!user.empty()) read_user(named(root, "users", "user", user, "user"), made_);
    return std::move(made_);
  }

  KubeconfigUsers read_users() {
    const Place root = head();
    KubeconfigUsers out;
    const YAML::Node entries = child(root, "users");
    const bool any = entries.IsDefined() && !entries.IsNull();
    if (any && !entries.IsSequence()) refuse(root, "users", "is not a list");
    for (std::size_t i = 0; any && i < entries.size(); ++i) {
      const Place entry{entries[i], "users[" + std::to_string(i) + "]"};
      const auto [made, is_new] = out.by_name.try_emplace(need(entry, "name"));
      if (!is_new) refuse(entry, "name", "there is another user of this name");
      read_user(body_of(entry, "user"), made->second);
    }
    const std::string current = text(root, "current-context");
    if (!current.empty()) {
      const Place context = named(root, "contexts", "context", current, "current-context");
      out.current = text(context, "user");
      if (!out.current.empty() && !out.by_name.contains(out.current)) {
        refuse(context, "user", "is no user of this file");
      }
    }
    out.files = std::move(made_.files);
    return out;
  }

 private:
  Place head() {
    const Place root{load(), ""};
    expect(root, "apiVersion", "v1");
    expect(root, "kind", "Config");
    return root;
  }
  [[noreturn]] void refuse(int line, const std::string& what) const {
    throw KubeconfigError(path_ + ":" + std::to_string(line) + ": " + what);
  }
  // At the field when it is there, else at what should hold it.
  [[noreturn]] void refuse(const Place& in, const std::string& key, const std::string& what) const {
    const YAML::Node field = child(in, key);
    const YAML::Mark mark = field.IsDefined() ? field.Mark() : in.node.Mark();
    refuse(mark.line + 1, (in.way.empty() ? key : in.way + "." + key) + ": " + what);
  }

  std::string content(const std::string& path) {
    made_.files.push_back(path);
    try {
      return read_text_file(path, kMaxBytes);
    } catch (const FileError& error) {
      throw KubeconfigError(error.what());
    }
  }

  YAML::Node load() {
    const std::string text = content(path_);
    YAML::Node root;
    try {
      root = YAML::Load(text);
    } catch (const YAML::Exception& error) {
      refuse(error.mark.line + 1, "is not YAML: " + error.msg);
    }
    if (!root.IsMap()) refuse(1, "is no kubeconfig: expected a mapping with kind: Config");
    return root;
  }

  static YAML::Node child(const Place& in, const std::string& key) {
    const YAML::Node& map = in.node;  // the const operator[] does not add what it looks for
    return map.IsMap() ? map[key] : YAML::Node(YAML::NodeType::Undefined);
  }

  // Empty when the field is not there.
  std::string text(const Place& in, const std::string& key) const {
    const YAML::Node field = child(in, key);
    if (!field.IsDefined() || field.IsNull()) return {};
    if (!field.IsScalar()) refuse(in, key, "is not a string");
    return field.Scalar();
  }
  std::string need(const Place& in, const std::string& key) const {
    std::string value = text(in, key);
    if (value.empty()) refuse(in, key, "is empty");
    return value;
  }
  void expect(const Place& in, const std::string& key, const std::string& value) const {
    const std::string found = text(in, key);
    if (!found.empty() && found != value) refuse(in, key, "is " + found + ", expected " + value);
  }
  void refuse_any(const Place& in, std::initializer_list<const char*> keys,
                  const std::string& what) const {
    for (const char* key : keys)
      if (child(in, key).IsDefined()) refuse(in, key, what);
  }

  // The entry of a list of named ones; `asked_by` is the field that names it.
  Place named(const Place& root, const std::string& list, const std::string& key,
              const std::string& name, const std::string& asked_by) const {
    const YAML::Node entries = child(root, list);
    if (!entries.IsDefined() || !entries.IsSequence()) refuse(root, list, "is not a list");
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const Place entry{entries[i], list + "[" + std::to_string(i) + "]"};
      if (text(entry, "name") == name) return body_of(entry, key);
    }
    refuse(root, list, "there is no \"" + name + "\", which " + asked_by + " names");
  }

  Place body_of(const Place& entry, const std::string& key) const {
    const YAML::Node body = child(entry, key);
    if (!body.IsDefined() || !body.IsMap()) refuse(entry, key, "is not a mapping");
    return {body, entry.way + "." + key};
  }

  // What `key`-data says in base64, or else the file that `key` names; empty when neither is there.
  std::string data_or_file(const Place& in, const std::string& key) {
    std::string inlined = text(in, key + "-data");
    if (inlined.empty()) {
      const std::string file = text(in, key);
      return file.empty() ? std::string() : content(beside(file));
    }
    std::erase_if(inlined, [](char c) { return c == '\n' || c == '\r' || c == ' '; });
    auto decoded = base64_decode(inlined);
    if (!decoded) refuse(in, key + "-data", "is not base64");
    return *std::move(decoded);
  }
  std::string beside(const std::string& file) const {
    return (std::filesystem::path(path_).parent_path() / file).string();
  }
  // The field that data_or_file() took.
  static std::string source(const Place& in, const std::string& key) {
    return child(in, key + "-data").IsDefined() ? key + "-data" : key;
  }

  void read_cluster(const Place& cluster) {
    made_.server = need(cluster, "server");
    check_server(cluster);
    if (text(cluster, "insecure-skip-tls-verify") == "true") {
      refuse(cluster, "insecure-skip-tls-verify",
             "is refused: put the webhook's authority into certificate-authority-data");
    }
    refuse_any(cluster, {"proxy-url"}, "is not supported");
    made_.tls_server_name = text(cluster, "tls-server-name");
    made_.ca_pem = data_or_file(cluster, "certificate-authority");
    if (!made_.ca_pem.empty() && !holds_certificates(made_.ca_pem)) {
      refuse(cluster, source(cluster, "certificate-authority"), "holds no PEM certificate");
    }
  }

  void check_server(const Place& cluster) const {
    constexpr std::string_view kScheme = "https://";
    const std::string& url = made_.server;
    if (url.compare(0, kScheme.size(), kScheme) != 0) {
      refuse(cluster, "server", "is not https://...: tokens do not travel in the clear");
    }
    const std::string authority =
        url.substr(kScheme.size(), url.find_first_of("/?#", kScheme.size()) - kScheme.size());
    const bool printable =
        std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < '\x7f'; });
    if (authority.empty() || authority[0] == ':' || !printable) {
      refuse(cluster, "server", "is not a URL with a host");
    }
    if (authority.find('@') != std::string::npos) {
      refuse(cluster, "server", "holds credentials: put them into the user");
    }
  }

  void read_user(const Place& user, KubeconfigUser& made) {
    refuse_any(user, {"exec", "auth-provider"},
               "is not supported: use a token, a client certificate or a password");
    refuse_any(user, {"as", "as-uid", "as-groups", "as-user-extra"}, "is not supported");
    made.client_cert_pem = data_or_file(user, "client-certificate");
    made.client_key_pem = data_or_file(user, "client-key");
    check_client_pair(user, made);
    const std::string token = read_token(user);
    const std::string name = text(user, "username");
    if (!token.empty() && !name.empty()) {
      refuse(user, "username", "a user has a token or a name and password, not both");
    }
    if (!token.empty()) made.authorization = "Bearer " + token;
    if (!name.empty()) {
      made.authorization = "Basic " + base64_encode(name + ":" + text(user, "password"));
    }
  }

  // A file goes before the text beside it, as in kubectl.
  std::string read_token(const Place& user) {
    const std::string file = text(user, "tokenFile");
    std::string token = file.empty() ? text(user, "token") : content(beside(file));
    const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
    while (!token.empty() && is_space(token.back())) token.pop_back();
    const std::string field = file.empty() ? "token" : "tokenFile";
    if (!file.empty() && token.empty()) refuse(user, field, "the file is empty");
    if (!std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < '\x7f'; })) {
      refuse(user, field, "holds characters that no token has");
    }
    return token;
  }

  void check_client_pair(const Place& user, const KubeconfigUser& made) const {
    if (made.client_cert_pem.empty() && made.client_key_pem.empty()) return;
    if (made.client_key_pem.empty())
      refuse(user, "client-key-data", "the certificate needs its key");
    if (made.client_cert_pem.empty()) {
      refuse(user, "client-certificate-data", "the key needs its certificate");
    }
    if (!holds_certificates(made.client_cert_pem)) {
      refuse(user, source(user, "client-certificate"), "holds no PEM certificate");
    }
    if (!is_pair(made.client_cert_pem, made.client_key_pem)) {
      refuse(user, source(user, "client-key"), "is not the PEM private key of the certificate");
    }
  }

  // ---- PEM
  using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
  using X509Ptr = std::unique_ptr<X509, decltype(&X509_free)>;
  using KeyPtr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

  static Bio bio(const std::string& pem) {
    return {BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free};
  }
  static int no_passphrase(char*, int, int, void*) { return -1; }
  static X509Ptr next(BIO* in) {
    return {PEM_read_bio_X509(in, nullptr, &no_passphrase, nullptr), &X509_free};
  }

  // True for one certificate or more and nothing malformed among them.
  static bool holds_certificates(const std::string& pem) {
    const Bio in = bio(pem);
    int count = 0;
    ERR_clear_error();
    while (next(in.get())) ++count;
    const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    ERR_clear_error();
    return count > 0 && at_end;
  }
  static bool is_pair(const std::string& certificate, const std::string& key) {
    const Bio first = bio(certificate), second = bio(key);
    const X509Ptr leaf = next(first.get());
    const KeyPtr secret(PEM_read_bio_PrivateKey(second.get(), nullptr, &no_passphrase, nullptr),
                        &EVP_PKEY_free);
    const bool pair = leaf && secret && X509_check_private_key(leaf.get(), secret.get()) == 1;
    ERR_clear_error();
    return pair;
  }

  const std::string& path_;
  Kubeconfig made_;
};

}  // namespace

void KubeconfigUser::add_to(HttpRequest& request) const {
  request.client_cert_pem = client_cert_pem;
  request.client_key_pem = client_key_pem;
  if (!authorization.empty()) request.headers.emplace_back("Authorization", authorization);
}

HttpRequest Kubeconfig::request() const {
  HttpRequest request;
  request.url = server;
  request.ca_pem = ca_pem;
  request.tls_server_name = tls_server_name;
  add_to(request);
  return request;
}

Kubeconfig read_kubeconfig(const std::string& path) { return Reader(path).read(); }
KubeconfigUsers read_kubeconfig_users(const std::string& path) { return Reader(path).read_users(); }

}  // namespace limen::plugins
