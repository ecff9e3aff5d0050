// Emptying a namespace of what API servers behind this one hold in it; see namespace_content.h.
#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "aggregation/routes.h"
#include "base/percent_encoding.h"
#include "controllers/namespace_content.h"
#include "object/decode.h"
#include "object/metadata.h"
#include "object/names.h"

namespace limen::controllers {

namespace {

using object::Json;

// Of a list, and of what the deletion of a collection is answered with, which may list what went.
constexpr std::size_t kMaxAnswerBytes = 16 * 1024 * 1024;
// Of each question. A deletion that takes longer goes on there, and the next look sees what has
// become of it; this server's own end waits no longer than this.
constexpr std::chrono::seconds kTime{10};
// What is deleted one by one is deleted a page at a time; the next look takes the next one.
constexpr std::string_view kPage = "?limit=500";
constexpr std::string_view kMetadataForms =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

struct Place {
  aggregation::ApiService service;
  std::string resource, path;
  bool collections = false;  // deletecollection is served
  std::string name() const { return resource + "." + service.group; }
};

// What the server said is used in a path: nothing but what names of resources are made of.
bool is_resource_name(std::string_view name) { return object::dns1123_subdomain(name).empty(); }

std::string path_step(std::string_view name) { return base::percent_encode(name, "-._~"); }

// The namespaced resources of a route whose objects can be listed and deleted.
void add_places(const aggregation::Route& route, const std::string& ns,
                std::set<std::pair<std::string, std::string>>& seen, std::vector<Place>& places) {
  const object::Document resources = object::Document::parse(route.documents.resources);
  if (!resources.root().is_array()) return;
  for (const Json& one : resources.root().get_array()) {
    const std::string name(object::text_at(one, "resource"));
    const std::vector<std::string> verbs = object::texts_of(object::member(one, "verbs"));
    const auto serves = [&](std::string_view verb) {
      return std::find(verbs.begin(), verbs.end(), verb) != verbs.end();
    };
    if (object::text_at(one, "scope") != "Namespaced" || !serves("list") || !serves("delete") ||
        !is_resource_name(name) || !seen.emplace(route.service.group, name).second) {
      continue;
    }
    places.push_back({route.service, name,
                      route.service.base_path() + "/namespaces/" + ns + "/" + name,
                      serves("deletecollection")});
  }
}

struct Listed {
  std::string failure;  // empty: listed
  bool gone = false;    // the server has no such resource, or does not list it
  std::vector<std::string> names, finalizers;
  std::int64_t count = 0;
};

std::string failure_of(const proxy::Fetched& answer) {
  if (!answer.error.empty()) return answer.error;
  return "the server answered with status " + std::to_string(answer.status);
}

Listed read_list(const proxy::Fetched& answer) {
  Listed out;
  out.gone = answer.status == 404 || answer.status == 405;
  if (out.gone) return out;
  if (answer.status != 200) {
    out.failure = failure_of(answer);
    return out;
  }
  object::Document document;
  try {
    document = object::Document::parse(answer.body);
  } catch (const object::DecodeError&) {
    out.failure = "the server's list cannot be read";
    return out;
  }
  const Json* items = object::member(document.root(), "items");
  if (!items || !items->is_array()) {
    out.failure = "the server's list cannot be read";
    return out;
  }
  for (const Json& item : items->get_array()) {
    out.names.emplace_back(object::name(item));
    for (std::string& one : object::finalizers(item)) out.finalizers.push_back(std::move(one));
  }
  const Json* more = object::find(document.root(), {"metadata", "remainingItemCount"});
  out.count = static_cast<std::int64_t>(out.names.size()) +
              std::max<std::int64_t>(0, object::int_or(more, 0));
  return out;
}

class Emptying {
 public:
  Emptying(base::Executor& loop, const aggregation::RemoteServers& servers, Remains& remains)
      : loop_(loop), servers_(servers), remains_(remains) {}

  base::Task<void> empty(const Place& place) {
    Listed before = co_await list(place);
    if (before.gone) co_return;
    std::string failure = before.failure;
    if (failure.empty() && before.names.empty()) co_return;
    if (failure.empty() && place.collections) {
      std::string path = place.path;
      failure = co_await erase(place, std::move(path));
    } else if (failure.empty()) {
      for (const std::string& name : before.names) {
        if (!object::path_segment_name(name).empty() || name.empty()) continue;
        std::string path = place.path + "/" + path_step(name);
        std::string why = co_await erase(place, std::move(path));
        if (!why.empty()) failure = std::move(why);
      }
    }
    if (!failure.empty()) {
      remains_.failures.push_back(place.name() + ": " + failure);
      co_return;
    }
    const Listed after = co_await list(place);
    if (!after.failure.empty()) {
      remains_.failures.push_back(place.name() + ": " + after.failure);
    }
    if (after.count > 0) remains_.resources[place.name()] += after.count;
    for (const std::string& one : after.finalizers) ++remains_.finalizers[one];
  }

 private:
  base::Task<Listed> list(const Place& place) {
    aggregation::HeaderList headers;
    headers.emplace_back("Accept", kMetadataForms);
    aggregation::ApiService service = place.service;
    std::string path = place.path + std::string(kPage);
    const proxy::Fetched answer = co_await servers_.ask(loop_, std::move(service), std::move(path),
                                                        std::move(headers), kMaxAnswerBytes, kTime);
    co_return read_list(answer);
  }

  // What went wrong; empty: nothing, or it had gone already.
  base::Task<std::string> erase(const Place& place, std::string path) {
    aggregation::HeaderList headers;
    headers.emplace_back("Accept", "application/json");
    aggregation::ApiService service = place.service;
    std::string method = "DELETE";
    path += "?propagationPolicy=Background";
    const proxy::Fetched answer =
        co_await servers_.send(loop_, std::move(method), std::move(service), std::move(path),
                               std::move(headers), kMaxAnswerBytes, kTime);
    const bool done = answer.status == 404 || (answer.status >= 200 && answer.status < 300);
    co_return done ? std::string() : failure_of(answer);
  }

  base::Executor& loop_;
  const aggregation::RemoteServers& servers_;
  Remains& remains_;
};

}  // namespace

base::Task<void> empty_remote_namespace(base::Executor& loop,
                                        const aggregation::RemoteServers* servers, std::string ns,
                                        Remains& remains) {
  const auto routes = aggregation::routes();
  std::vector<aggregation::RoutePtr> remotes = routes->remotes();
  if (remotes.empty()) co_return;
  // Of a resource in several versions the one with the highest priority is asked for.
  std::stable_sort(remotes.begin(), remotes.end(), [](const auto& left, const auto& right) {
    return left->service.priority.version > right->service.priority.version;
  });
  std::set<std::pair<std::string, std::string>> seen;
  std::vector<Place> places;
  for (const aggregation::RoutePtr& route : remotes) {
    if (!servers || !route->available || !route->fresh) {
      const std::string version = route->service.group + "/" + route->service.version;
      remains.undiscovered[version] = "stale GroupVersion discovery: " + version;
      continue;
    }
    add_places(*route, ns, seen, places);
  }
  if (!servers) co_return;
  Emptying emptying(loop, *servers, remains);
  for (const Place& place : places) co_await emptying.empty(place);
}

}  // namespace limen::controllers
