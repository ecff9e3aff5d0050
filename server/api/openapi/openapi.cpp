#include "api/openapi/openapi.h"

#include <boost/json.hpp>
#include <ctime>
#include <map>
#include <mutex>

#include "api/discovery/accept.h"
#include "api/discovery/digest.h"
#include "api/openapi/documents.h"
#include "api/openapi/operations.h"
#include "api/openapi/swagger_protobuf.h"
#include "base/api_error.h"
#include "base/json_text.h"
#include "catalog/catalog.h"

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
  using Build = std::string (*)(const catalog::GroupVersion* entry);
  Document(Build build, const catalog::GroupVersion* entry) : build_(build), entry_(entry) {}

  std::shared_ptr<const std::string> text() {
    const std::lock_guard lock(mutex_);
    if (text_ == nullptr) text_ = std::make_shared<const std::string>(build_(entry_));
    return text_;
  }
  // Upper-case SHA-512 of the text, as kube-apiserver makes it.
  std::string hash() {
    const std::lock_guard lock(mutex_);
    if (hash_.empty()) {
      hash_ = text_ != nullptr ? sha512_upper_hex(*text_) : sha512_upper_hex(build_(entry_));
    }
    return hash_;
  }

 private:
  Build build_;
  const catalog::GroupVersion* entry_;
  std::mutex mutex_;
  std::shared_ptr<const std::string> text_;
  std::string hash_;
};

std::string build_version(const catalog::GroupVersion* entry) { return openapi3_document(*entry); }
std::string build_swagger(const catalog::GroupVersion*) { return swagger2_document(); }
std::string build_swagger_protobuf(const catalog::GroupVersion*) {
  boost::json::monotonic_resource arena;
  return swagger_to_protobuf(boost::json::parse(swagger2_document(), &arena));
}

class Documents {
 public:
  static Documents& instance() {
    static Documents documents;
    return documents;
  }

  // Of /openapi/v3/... , or null.
  Document* version(std::string_view path) {
    const auto found = versions_.find(path);
    return found == versions_.end() ? nullptr : &found->second;
  }

  // The index names the hash of every document, hence builds each of them once.
  std::string build_index() {
    std::string out = "{\"paths\":{";
    for (auto& [path, document] : versions_) {
      base::append_json_string(out, std::string_view(path).substr(kRoot.size() + 1));
      out += ":{\"serverRelativeURL\":";
      base::append_json_string(out, path + "?hash=" + document.hash());
      out += "},";
    }
    out.back() = '}';
    return out + "}";
  }

  Document index{[](const catalog::GroupVersion*) { return instance().build_index(); }, nullptr};
  Document swagger{build_swagger, nullptr};
  Document swagger_protobuf{build_swagger_protobuf, nullptr};

 private:
  Documents() {
    for (const catalog::GroupVersion& entry : catalog::group_versions()) {
      versions_.try_emplace(std::string(kRoot) + base_path(entry), build_version, &entry);
    }
  }

  std::map<std::string, Document, std::less<>> versions_;
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
  Documents& documents = Documents::instance();
  for (const AcceptClause& clause : parse_accept(accept)) {
    if (clause.covers(kJson)) {
      return make_reply(documents.swagger, kJson, if_none_match);
    }
    if (clause.covers(kProtobufAsked) || clause.covers(kProtobuf)) {
      return make_reply(documents.swagger_protobuf, kProtobuf, if_none_match);
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
  Documents& documents = Documents::instance();
  if (path == kRoot || path == "/openapi/v3/") {
    if (!accepts_json(accept)) throw base::ApiError::not_acceptable(kJson);
    return make_reply(documents.index, kJson, if_none_match);
  }
  Document* document = documents.version(path);
  if (document == nullptr) return std::nullopt;
  if (!accepts_json(accept)) throw base::ApiError::not_acceptable(kJson);
  return version_reply(*document, path, if_none_match, hash, now);
}

}  // namespace limen::api
