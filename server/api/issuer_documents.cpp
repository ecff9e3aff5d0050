#include "api/issuer_documents.h"

#include <utility>

#include "base/api_error.h"
#include "observability/log.h"

namespace limen::api {

namespace {

struct Page {
  std::string_view path;
  authn::IssuerDocument document;
  std::string_view content_type;
};

constexpr Page kPages[] = {
    {"/.well-known/openid-configuration", authn::IssuerDocument::configuration, "application/json"},
    {"/openid/v1/jwks", authn::IssuerDocument::keys, "application/jwk-set+json"},
};
constexpr std::string_view kCacheControl = "public, max-age=3600";

const Page* find_page(std::string_view path) {
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  for (const Page& page : kPages)
    if (page.path == path) return &page;
  return nullptr;
}

}  // namespace

base::Task<bool> serve_issuer_document(request::RequestContext& context,
                                       const AccessChains& chains) {
  const Page* page = find_page(context.info.path);
  if (page == nullptr) co_return false;
  const std::string_view method = context.head().method;
  if (method != "GET" && method != "HEAD") throw base::ApiError::method_not_supported();
  if (chains.token_issuer == nullptr) throw base::ApiError::page_not_found();
  authn::IssuerText text = co_await chains.token_issuer->document(page->document, context.scope);
  if (!text.error.empty()) {
    log::error("a document of the token issuer could not be had",
               {{"module", chains.token_issuer->name()}, {"error", text.error}});
    throw base::ApiError::internal("the token issuer did not give the document");
  }
  if (!text.json) throw base::ApiError::page_not_found();
  transport::ResponseHead head = context.new_head(200, page->content_type);
  head.replace("Cache-Control", kCacheControl);
  context.set_status(200);
  context.exchange().respond(std::move(head), std::move(*text.json));
  co_return true;
}

}  // namespace limen::api
