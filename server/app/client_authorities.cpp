#include "app/client_authorities.h"

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "app/certificate_bundle.h"
#include "app/front_proxy.h"
#include "observability/log.h"

namespace limen::app {

namespace {

using object::Json;
using Trust = controllers::AuthenticationTrust;

void add_once(std::vector<std::string>& list, std::string text) {
  if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(std::move(text));
}

// The text or texts of a member of a module's config, which its schema has been through.
void add_texts(const Json& config, std::string_view key, std::vector<std::string>& out) {
  const Json* const value = config.is_object() ? config.get_object().if_contains(key) : nullptr;
  if (value == nullptr) return;
  if (value->is_string()) add_once(out, std::string(value->get_string()));
  if (!value->is_array()) return;
  for (const Json& item : value->get_array()) {
    if (item.is_string()) add_once(out, std::string(item.get_string()));
  }
}

void add_authority_files(const Json& config, std::vector<std::string>& out) {
  add_texts(config, "clientCAFile", out);
  add_texts(config, "clientCAFiles", out);
}

void add_header_names(const Json& config, Trust& out) {
  add_texts(config, "usernameHeaders", out.username_headers);
  add_texts(config, "uidHeaders", out.uid_headers);
  add_texts(config, "groupHeaders", out.group_headers);
  add_texts(config, "extraHeaderPrefixes", out.extra_header_prefixes);
  add_texts(config, "allowedNames", out.allowed_names);
}

}  // namespace

void ClientAuthorities::follow(
    const std::vector<modules::Generation::Authenticator>& authenticators) {
  const std::lock_guard lock(mutex_);
  client_files_.clear();
  front_proxy_files_.clear();
  front_proxies_ = {};
  for (const auto& authenticator : authenticators) {
    const Json& config = authenticator.config.root();
    if (authenticator.module == kClientCertificateModule) {
      add_authority_files(config, client_files_);
    } else if (authenticator.module == kFrontProxyModule) {
      add_authority_files(config, front_proxy_files_);
      add_header_names(config, front_proxies_);
    }
  }
  read_all();
}

std::vector<std::string> ClientAuthorities::files() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> out = client_files_;
  for (const std::string& file : front_proxy_files_) add_once(out, file);
  return out;
}

bool ClientAuthorities::reload() {
  const std::lock_guard lock(mutex_);
  const Trust before = trust_now();
  read_all();
  return trust_now() != before;
}

Trust ClientAuthorities::trust() const {
  const std::lock_guard lock(mutex_);
  return trust_now();
}

std::string ClientAuthorities::all() const {
  const std::lock_guard lock(mutex_);
  return bundle_of(client_files_) + bundle_of(front_proxy_files_);
}

std::string ClientAuthorities::bundle_of(const std::vector<std::string>& files) const {
  std::string out;
  for (const std::string& file : files) {
    const auto found = pem_by_file_.find(file);
    if (found != pem_by_file_.end()) out += found->second;
  }
  return out;
}

void ClientAuthorities::read_all() {
  std::map<std::string, std::string> fresh;
  for (const auto* files : {&client_files_, &front_proxy_files_}) {
    for (const std::string& file : *files) {
      try {
        fresh[file] = read_certificate_bundle(file).certificates;
      } catch (const std::runtime_error& error) {
        log::warn("certificate authorities are published as they were", {{"error", error.what()}});
        const auto last = pem_by_file_.find(file);
        if (last != pem_by_file_.end()) fresh[file] = last->second;
      }
    }
  }
  pem_by_file_ = std::move(fresh);
}

Trust ClientAuthorities::trust_now() const {
  Trust out = front_proxies_;
  out.client_ca = bundle_of(client_files_);
  out.front_proxy_ca = bundle_of(front_proxy_files_);
  return out;
}

}  // namespace limen::app
