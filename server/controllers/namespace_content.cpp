#include "controllers/namespace_content.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/custom/custom_catalog.h"
#include "controllers/deletion.h"
#include "controllers/scope.h"
#include "object/metadata.h"

namespace limen::controllers {

namespace {

// Writes under way at once, so that they share transactions.
constexpr std::size_t kAtOnce = 128;

bool is_pods(const catalog::Resource& resource) {
  return resource.storage_group.empty() && resource.name == "pods";
}

// The namespaced resources that are stored, each once, as their storage has them. Pods come first.
std::vector<const catalog::Resource*> stored_resources() {
  std::vector<const catalog::Resource*> list;
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const catalog::GroupVersion& version : catalog::group_versions()) {
    for (const catalog::Resource& resource : version.resources) {
      if (!resource.namespaced || !resource.stored()) continue;
      if (!seen.emplace(resource.storage_group, resource.name).second) continue;
      const catalog::Resource* const home =
          catalog::find_resource(resource.storage_group, resource.storage_version, resource.name);
      list.push_back(home ? home : &resource);
    }
  }
  std::stable_partition(list.begin(), list.end(),
                        [](const catalog::Resource* one) { return is_pods(*one); });
  return list;
}

storage::ResourceId id_of(const catalog::Resource& resource) {
  return {std::string(resource.storage_group), std::string(resource.name)};
}

base::Task<void> delete_all(Objects& objects, const catalog::Resource& resource, std::string ns) {
  storage::ListOptions all;
  all.ns = ns;
  const storage::ListResult list = objects.store().list(id_of(resource), all);
  for (std::size_t first = 0; first < list.objects.size(); first += kAtOnce) {
    Group group(objects.loop());
    for (std::size_t i = first; i < list.objects.size() && i < first + kAtOnce; ++i) {
      group.add(delete_object(objects, resource, list.objects[i]));
    }
    co_await group.wait();
  }
}

void count(Objects& objects, const catalog::Resource& resource, const std::string& ns,
           Remains& remains) {
  storage::ListOptions all;
  all.ns = ns;
  const storage::ListResult list = objects.store().list(id_of(resource), all);
  if (list.objects.empty()) return;
  const storage::ResourceId id = id_of(resource);
  remains.resources[id.resource + "." + id.group] += static_cast<std::int64_t>(list.objects.size());
  for (const storage::ObjectPtr& one : list.objects) {
    const object::Document document = object::Document::parse(one->json);
    for (const std::string& name : object::finalizers(document.root())) {
      ++remains.finalizers[name];
    }
  }
}

// What defines itself while the server runs comes after what is built in.
std::vector<catalog::ResourcePtr> resources_now() {
  static const std::vector<const catalog::Resource*> kBuiltIn = stored_resources();
  std::vector<catalog::ResourcePtr> list;
  for (const catalog::Resource* const one : kBuiltIn) {
    list.emplace_back(std::shared_ptr<const void>(), one);
  }
  for (catalog::ResourcePtr& one : catalog::custom_catalog()->stored_resources()) {
    if (one->namespaced) list.push_back(std::move(one));
  }
  return list;
}

}  // namespace

base::Task<Remains> empty_namespace(Objects& objects, const aggregation::RemoteServers* servers,
                                    std::string ns) {
  const std::vector<catalog::ResourcePtr> resources = resources_now();
  Remains remains;
  for (const catalog::ResourcePtr& resource : resources) {
    co_await delete_all(objects, *resource, ns);
    if (!is_pods(*resource)) continue;
    // What guards a pod, such as its network policies, must outlast it (CVE-2024-7598).
    count(objects, *resource, ns, remains);
    if (!remains.empty()) co_return remains;
  }
  for (const catalog::ResourcePtr& resource : resources) {
    count(objects, *resource, ns, remains);
  }
  co_await empty_remote_namespace(objects.loop(), servers, std::move(ns), remains);
  co_return remains;
}

}  // namespace limen::controllers
