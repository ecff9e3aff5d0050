#include "token_volume.h"

#include <boost/json.hpp>
#include <random>
#include <string>
#include <string_view>

namespace limen::plugins::service_account {

namespace {

namespace json = boost::json;

constexpr std::string_view kNameStart = "kube-api-access-";
constexpr std::string_view kMountPath = "/var/run/secrets/kubernetes.io/serviceaccount";

// Clients that never read their token again are told apart by this odd lifetime.
constexpr std::int64_t kExpirationSeconds = 3607;
constexpr std::int64_t kDefaultMode = 0644;

// As every generated name ends: five characters, none of which makes a word.
std::string new_name() {
  constexpr std::string_view kAlphabet = "bcdfghjklmnpqrstvwxz2456789";
  thread_local std::minstd_rand random{std::random_device{}()};
  std::uniform_int_distribution<std::size_t> any(0, kAlphabet.size() - 1);
  std::string name(kNameStart);
  for (int i = 0; i < 5; ++i) name += kAlphabet[any(random)];
  return name;
}

json::value volume(const std::string& name) {
  const json::object token{{"path", "token"}, {"expirationSeconds", kExpirationSeconds}};
  const json::object ca{
      {"name", "kube-root-ca.crt"},
      {"items", json::array{json::object{{"key", "ca.crt"}, {"path", "ca.crt"}}}}};
  const json::object field{{"apiVersion", "v1"}, {"fieldPath", "metadata.namespace"}};
  const json::object ns{
      {"items", json::array{json::object{{"path", "namespace"}, {"fieldRef", field}}}}};
  const json::array sources{json::object{{"serviceAccountToken", token}},
                            json::object{{"configMap", ca}}, json::object{{"downwardAPI", ns}}};
  return json::object{
      {"name", name},
      {"projected", json::object{{"sources", sources}, {"defaultMode", kDefaultMode}}}};
}

// One more at the end of a list that may not be there.
Result<void> append(Patch& patch, const Node& list, const std::string& pointer,
                    const json::value& item) {
  if (list.is_array()) return patch.insert_json(pointer + "/-", json::serialize(item));
  return patch.set_json(pointer, json::serialize(json::array{item}));
}

bool has_mount(const Node& container) {
  for (const auto& [key, mount] : container["volumeMounts"])
    if (mount["mountPath"].view_or("") == kMountPath) return true;
  return false;
}

std::string existing_volume(const Node& volumes) {
  for (const auto& [key, one] : volumes) {
    const std::string_view name = one["name"].view_or("");
    if (name.starts_with(kNameStart)) return std::string(name);
  }
  return {};
}

}  // namespace

bool wants_token(const Node& account, const Node& pod) {
  const auto own = pod.at("/spec/automountServiceAccountToken").as_bool();
  return own.value_or(account["automountServiceAccountToken"].bool_or(true));
}

Result<void> mount_token(Patch patch, const Node& pod) {
  const Node volumes = pod.at("/spec/volumes");
  const std::string there = existing_volume(volumes);
  const std::string name = there.empty() ? new_name() : there;
  const json::value mount =
      json::object{{"name", name}, {"readOnly", true}, {"mountPath", kMountPath}};
  bool is_mounted = false;
  for (const char* list : {"/spec/initContainers", "/spec/containers"}) {
    const Node containers = pod.at(list);
    for (std::size_t i = 0; i < containers.size(); ++i) {
      const Node container = containers.item(i);
      if (has_mount(container)) continue;
      const std::string pointer = list + ("/" + std::to_string(i)) + "/volumeMounts";
      const auto added = append(patch, container["volumeMounts"], pointer, mount);
      if (!added.ok()) return added;
      is_mounted = true;
    }
  }
  if (!is_mounted || !there.empty()) return {};
  return append(patch, volumes, "/spec/volumes", volume(name));
}

}  // namespace limen::plugins::service_account
