#include "api/openapi/openapi.h"

#include <algorithm>
#include <boost/json.hpp>
#include <ctime>
#include <functional>
#include <map>
#include <mutex>
#include <vector>

#include "aggregation/routes.h"
#include "aggregation/swagger.h"
#include "api/discovery/accept.h"
#include "api/discovery/digest.h"
#include "api/openapi/documents.h"
#include "api/openapi/operations.h"
#include "api/openapi/swagger_protobuf.h"
#include "base/api_error.h"
#include "base/json_text.h"
#include "catalog/custom/custom_catalog.h"

namespace limen::api {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kProtobufAsked =
    "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
constexpr std::string_view kProtobuf = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
constexpr std::string_view kRoot = "/openapi/v3";
constexpr int kHashLifetimeYears = 1;

// A document that is built when first wanted. Its hash is kept for good; its text from the first
// time a client reads it, so that the index, which needs every hash, keeps no texts.
class Document {
 public:
  using Build = std::function<std::string()>;
  explicit Document(Build build) : build_(std::move(build)) {}

  std::shared_ptr<const std::string> text() {
    const std::lock_guard lock(mutex_);
    if (text_ == nullptr) text_ = std::make_shared<const std::string>(build_());
    return text_;
  }
  // Upper-case SHA-512 of the text, as kube-apiserver makes it.
  std::string hash() {
    const std::lock_guard lock(mutex_);
    if (hash_.empty()) hash_ = sha512_upper_hex(text_ != nullptr ? *text_ : build_());
    return hash_;
  }

 private:
  const Build build_;
  std::mutex mutex_;
  std::shared_ptr<const std::string> text_;
  std::string hash_;
};

// Everything this server serves and what the servers behind it say they do.
std::string build_swagger(const catalog::CustomCatalog& custom, const aggregation::Routes& routes) {
  std::vector<std::shared_ptr<const std::string>> parts;
  for (const aggregation::RoutePtr& route : routes.remotes()) {
    if (route->available && route->documents.swagger) parts.push_back(route->documents.swagger);
  }
  return aggregation::merge_swagger(swagger2_document(custom), parts);
}

std::string build_swagger_protobuf(const catalog::CustomCatalog& custom,
                                   const aggregation::Routes& routes) {
  boost::json::monotonic_resource arena;
  boost::json::parse_options options;
  options.max_depth = aggregation::kMaxSwaggerDepth;
  return swagger_to_protobuf(boost::json::parse(build_swagger(custom, routes), &arena, options));
}

using VersionMap = std::map<std::string, std::shared_ptr<Document>, std::less<>>;

std::string path_of(const catalog::GroupVersion& entry) {
  return std::string(kRoot) + base_path(entry);
}

const VersionMap& built_in_versions() {
  static const VersionMap versions = [] {
    VersionMap map;
    for (const catalog::GroupVersion& entry : catalog::group_versions()) {
      map[path_of(entry)] =
          std::make_shared<Document>([&entry] { return openapi3_document(entry); });
    }
    return map;
  }();
  return versions;
}

// True when both are of the same definitions, in the same state.
bool same_rows(const catalog::GroupVersion& left, const catalog::GroupVersion& right) {
  return std::equal(
      left.resources.begin(), left.resources.end(), right.resources.begin(), right.resources.end(),
      [](const catalog::Resource& a, const catalog::Resource& b) { return a.custom == b.custom; });
}

// All documents while one set of custom resources is served, and one set of others' documents.
class Documents {
 public:
  // Documents of `before` that are still true are taken over.
  Documents(std::shared_ptr<const catalog::CustomCatalog> custom,
            std::shared_ptr<const aggregation::Routes> routes, const Documents* before)
      : index([this] { return build_index(); }),
        swagger([this] { return build_swagger(*custom_, *routes_); }),
        swagger_protobuf([this] { return build_swagger_protobuf(*custom_, *routes_); }),
        custom_(std::move(custom)),
        routes_(std::move(routes)) {
    for (const catalog::GroupVersion& entry : custom_->group_versions()) {
      auto& document = versions_[path_of(entry)];
      if (before) document = before->same_version(entry);
      if (!document) {
        document = std::make_shared<Document>(
            [kept = keep(entry)] { return openapi3_custom_document(kept->entry); });
      }
    }
  }

  static std::shared_ptr<Documents> now() {
    static std::mutex mutex;
    static std::shared_ptr<Documents> documents;
    auto custom = catalog::custom_catalog();
    auto routes = aggregation::routes();
    const std::lock_guard lock(mutex);
    if (!documents || documents->custom_ != custom ||
        documents->routes_->openapi_version() != routes->openapi_version()) {
      documents =
          std::make_shared<Documents>(std::move(custom), std::move(routes), documents.get());
    }
    return documents;
  }

  // Of /openapi/v3/... , or null.
  std::shared_ptr<Document> version(std::string_view path) const {
    for (const VersionMap* versions : {&versions_, &built_in_versions()}) {
      const auto found = versions->find(path);
      if (found != versions->end()) return found->second;
    }
    return nullptr;
  }

  // The index names the hash of every document, hence builds each of them once.
  std::string build_index() const {
    VersionMap all = built_in_versions();
    all.insert(versions_.begin(), versions_.end());
    std::map<std::string_view, std::string> urls;
    for (const auto& [path, document] : all) urls[path] = path + "?hash=" + document->hash();
    std::vector<std::string> paths;
    paths.reserve(routes_->remotes().size());  // `urls` looks into it
    for (const aggregation::RoutePtr& route : routes_->remotes()) {
      paths.push_back(std::string(kRoot) + route->service.base_path());
      urls.erase(paths.back());
      const std::string& url = route->documents.openapi3_url;
      if (route->available && !url.empty()) urls[paths.back()] = url;
    }
    std::string out = "{\"paths\":{";
    for (const auto& [path, url] : urls) {
      base::append_json_string(out, path.substr(kRoot.size() + 1));
      out += ":{\"serverRelativeURL\":";
      base::append_json_string(out, url);
      out += "},";
    }
    out.back() = '}';
    return out + "}";
  }

  Document index, swagger, swagger_protobuf;

 private:
  // What a document is made from, without the rest of the snapshot: it may outlive it.
  struct Kept {
    std::vector<catalog::Resource> rows;
    std::vector<catalog::DefinitionPtr> definitions;
    catalog::GroupVersion entry;
  };
  std::shared_ptr<const Kept> keep(const catalog::GroupVersion& entry) const {
    auto kept = std::make_shared<Kept>();
    kept->rows.assign(entry.resources.begin(), entry.resources.end());
    for (const catalog::DefinitionPtr& one : custom_->definitions()) {
      if (one->group() == entry.group) kept->definitions.push_back(one);
    }
    kept->entry = {entry.group, entry.version, kept->rows};
    return kept;
  }

  std::shared_ptr<Document> same_version(const catalog::GroupVersion& entry) const {
    const auto* own = custom_->find_group_version(entry.group, entry.version);
    return own && same_rows(*own, entry) ? versions_.at(path_of(entry)) : nullptr;
  }

  std::shared_ptr<const catalog::CustomCatalog> custom_;
  std::shared_ptr<const aggregation::Routes> routes_;
  VersionMap versions_;
};

bool accepts_json(std::string_view accept) {
  for (const AcceptClause& clause : parse_accept(accept)) {
    if (clause.covers(kJson)) return true;
  }
  return false;
}

// HTTP's own date form (RFC 9110 section 5.6.7), a year from now.
std::string expires(base::SystemTime now) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  parts.tm_year += kHashLifetimeYears;
  const std::time_t later = timegm(&parts);
  gmtime_r(&later, &parts);
  char text[40];
  const std::size_t size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text, size};
}

// True when If-None-Match names the tag or anything (RFC 9110 section 13.1.2; weak comparison).
bool matches(std::string_view if_none_match, std::string_view etag) {
  return if_none_match == "*" || if_none_match.find(etag) != std::string_view::npos;
}

// `document` is read only when the client does not have it yet.
Reply make_reply(Document& document, std::string_view content_type,
                 std::string_view if_none_match) {
  Reply reply;
  const std::string etag = '"' + document.hash() + '"';
  reply.headers.emplace_back("ETag", etag);
  reply.headers.emplace_back("Vary", "Accept");
  if (matches(if_none_match, etag)) {
    reply.status = 304;
    return reply;
  }
  reply.content_type = content_type;
  reply.body = document.text();
  return reply;
}

Reply swagger_reply(std::string_view accept, std::string_view if_none_match) {
  const auto documents = Documents::now();
  for (const AcceptClause& clause : parse_accept(accept)) {
    if (clause.covers(kJson)) {
      return make_reply(documents->swagger, kJson, if_none_match);
    }
    if (clause.covers(kProtobufAsked) || clause.covers(kProtobuf)) {
      return make_reply(documents->swagger_protobuf, kProtobuf, if_none_match);
    }
  }
  throw base::ApiError::not_acceptable(std::string(kJson) + ", " + std::string(kProtobufAsked));
}

Reply version_reply(Document& document, std::string_view path, std::string_view if_none_match,
                    std::string_view hash, base::SystemTime now) {
  const std::string current = document.hash();
  if (!hash.empty() && hash != current) {
    Reply reply;
    reply.status = 301;
    reply.headers.emplace_back("Location", std::string(path) + "?hash=" + current);
    return reply;
  }
  Reply reply = make_reply(document, kJson, if_none_match);
  if (!hash.empty()) {
    reply.headers.emplace_back("Cache-Control", "public, immutable");
    reply.headers.emplace_back("Expires", expires(now));
  }
  return reply;
}

}  // namespace

std::optional<Reply> openapi_reply(std::string_view path, std::string_view accept,
                                   std::string_view if_none_match, std::string_view hash,
                                   base::SystemTime now) {
  if (path == "/openapi/v2") return swagger_reply(accept, if_none_match);
  if (!path.starts_with(kRoot)) return std::nullopt;
  const auto documents = Documents::now();
  if (path == kRoot || path == "/openapi/v3/") {
    if (!accepts_json(accept)) throw base::ApiError::not_acceptable(kJson);
    return make_reply(documents->index, kJson, if_none_match);
  }
  const std::shared_ptr<Document> document = documents->version(path);
  if (document == nullptr) return std::nullopt;
  if (!accepts_json(accept)) throw base::ApiError::not_acceptable(kJson);
  return version_reply(*document, path, if_none_match, hash, now);
}

}  // namespace limen::api
