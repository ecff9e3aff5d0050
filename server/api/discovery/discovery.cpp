#include "api/discovery/discovery.h"

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <span>

#include "aggregation/routes.h"
#include "api/discovery/accept.h"
#include "api/discovery/digest.h"
#include "api/discovery/documents.h"
#include "api/discovery/listed_groups.h"
#include "base/api_error.h"
#include "base/strings.h"
#include "catalog/custom/custom_catalog.h"

namespace limen::api {
namespace {

constexpr std::string_view kJson = "application/json";

Page make_page(std::string content_type, std::string body) {
  return {std::move(content_type), std::make_shared<const std::string>(std::move(body)), ""};
}

// The aggregated page's ETag is the SHA-512 of its text, as kube-apiserver makes it.
Page make_aggregated(std::span<const ListedGroup> groups, std::string_view version) {
  std::string type = "application/json;g=apidiscovery.k8s.io;v=";
  type += version;
  type += ";as=APIGroupDiscoveryList";
  Page page = make_page(std::move(type), aggregated_document(groups, version));
  page.etag = '"' + sha512_upper_hex(*page.body) + '"';
  return page;
}

// The forms of one path. Aggregated forms exist for /api and /apis only.
struct Forms {
  Page legacy;
  std::optional<Page> v2, v2beta1;
  bool negotiated = true;  // false: what the client accepts is not asked
};

Page plain_page(std::string body) { return make_page(std::string(kJson), std::move(body)); }

using PageMap = std::map<std::string, Forms, std::less<>>;

void add_resources(PageMap& pages, const catalog::GroupVersion& entry) {
  std::string path = entry.group.empty() ? "/api" : "/apis/" + std::string(entry.group);
  path += "/" + std::string(entry.version);
  pages[path].legacy = plain_page(api_resource_list_document(entry));
}

PageMap built_in_pages() {
  const ListedGroup group = core_group();
  PageMap pages;
  Forms& core = pages["/api"];
  core.legacy = plain_page(api_versions_document());
  core.v2 = make_aggregated({&group, 1}, "v2");
  core.v2beta1 = make_aggregated({&group, 1}, "v2beta1");
  for (const catalog::GroupVersion& entry : catalog::group_versions()) add_resources(pages, entry);
  // The version is told to whoever asks, whatever form they would rather have.
  Forms& version = pages["/version"];
  version.legacy = plain_page(version_document());
  version.negotiated = false;
  return pages;
}

// All pages while one set of custom resources is served, and one set of group versions by others.
class Pages {
 public:
  Pages(std::shared_ptr<const catalog::CustomCatalog> custom,
        std::shared_ptr<const aggregation::Routes> routes)
      : custom_(std::move(custom)), routes_(std::move(routes)) {
    const auto listed = listed_groups(*custom_, *routes_, Ties::by_api_service);
    const auto aggregated = listed_groups(*custom_, *routes_, Ties::by_group);
    Forms& groups = own_["/apis"];
    groups.legacy = plain_page(api_group_list_document(listed));
    groups.v2 = make_aggregated(aggregated, "v2");
    groups.v2beta1 = make_aggregated(aggregated, "v2beta1");
    for (const ListedGroup& group : listed) {
      own_["/apis/" + std::string(group.front().group)].legacy =
          plain_page(api_group_document(group));
    }
    for (const catalog::GroupVersion& entry : custom_->group_versions()) {
      add_resources(own_, entry);
    }
  }

  static std::shared_ptr<const Pages> now() {
    static std::mutex mutex;
    static std::shared_ptr<const Pages> pages;
    auto custom = catalog::custom_catalog();
    auto routes = aggregation::routes();
    const std::lock_guard lock(mutex);
    if (!pages || pages->custom_ != custom || pages->routes_ != routes) {
      pages = std::make_shared<const Pages>(std::move(custom), std::move(routes));
    }
    return pages;
  }

  const Forms* find(std::string_view path) const {
    for (const PageMap* pages : {&own_, &built_in()}) {
      const auto found = pages->find(path);
      if (found != pages->end()) return &found->second;
    }
    return nullptr;
  }

  std::vector<std::string> paths() const {
    std::set<std::string> found;
    for (const PageMap* pages : {&own_, &built_in()}) {
      for (const auto& [path, forms] : *pages) found.insert(path);
    }
    return {found.begin(), found.end()};
  }

 private:
  static const PageMap& built_in() {
    static const PageMap pages = built_in_pages();
    return pages;
  }

  std::shared_ptr<const catalog::CustomCatalog> custom_;
  std::shared_ptr<const aggregation::Routes> routes_;
  PageMap own_;
};

bool asks_for_aggregated(const AcceptClause& clause) {
  return clause.parameter("g") == "apidiscovery.k8s.io" &&
         clause.parameter("as") == "APIGroupDiscoveryList";
}

// The form a clause asks for, or null when there is none. A clause with `as` asks for that form and
// no other; what the server knows nothing of (profile=nopeer) does not change the form.
const Page* choose(const Forms& forms, const AcceptClause& clause) {
  if (!clause.covers(kJson)) return nullptr;
  if (asks_for_aggregated(clause)) {
    const std::string_view version = clause.parameter("v");
    if (version == "v2" && forms.v2) return &*forms.v2;
    if (version == "v2beta1" && forms.v2beta1) return &*forms.v2beta1;
    return nullptr;
  }
  return clause.parameter("as").empty() ? &forms.legacy : nullptr;
}

const Page& best_form(const Forms& forms, std::string_view accept) {
  if (!forms.negotiated) return forms.legacy;
  for (const AcceptClause& clause : parse_accept(accept)) {
    const Page* page = choose(forms, clause);
    if (page != nullptr) return *page;
  }
  throw base::ApiError::not_acceptable(kJson);
}

std::string_view without_slash(std::string_view path) {
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path;
}

}  // namespace

std::vector<std::string> discovery_paths() { return Pages::now()->paths(); }

std::string storage_version_hash(std::string_view group, std::string_view version,
                                 std::string_view kind) {
  const std::string text =
      std::string(group) + "/" + std::string(version) + "/" + std::string(kind);
  return base::base64_encode(sha256(text).substr(0, 8));
}

std::shared_ptr<const Page> discovery_page(std::string_view path, std::string_view accept) {
  const auto pages = Pages::now();
  const Forms* forms = pages->find(without_slash(path));
  if (forms == nullptr) return nullptr;
  return {pages, &best_form(*forms, accept)};
}

std::optional<Reply> discovery_reply(std::string_view path, std::string_view accept,
                                     std::string_view if_none_match) {
  const auto pages = Pages::now();
  const Forms* forms = pages->find(without_slash(path));
  if (forms == nullptr) return std::nullopt;
  const Page& page = best_form(*forms, accept);
  Reply reply;
  if (forms->v2) reply.headers.emplace_back("Vary", "Accept");
  if (!page.etag.empty()) {
    reply.headers.emplace_back("ETag", page.etag);
    reply.headers.emplace_back("Cache-Control", "public");
    if (if_none_match == page.etag) {
      reply.status = 304;
      return reply;
    }
  }
  reply.content_type = page.content_type;
  reply.body = page.body;
  return reply;
}

}  // namespace limen::api
