// ConversionReview: one question to a conversion webhook and what its answer must be
// (apiextensions.k8s.io/v1; v1beta1 has the same fields).
//
// The rules and the texts of refusals are kube-apiserver's. A value of one worker.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "catalog/custom/definition.h"
#include "object/document.h"

namespace limen::registry {

struct WebhookAnswer;

class ConversionReview {
 public:
  // `objects` (at least one) are to be of `wanted`, an apiVersion.
  ConversionReview(const catalog::ConversionWebhook& hook, std::string wanted,
                   std::vector<object::Json> objects);

  // The body of the question.
  std::string question() const;
  // The objects as the webhook made them, each with its own metadata but for labels and
  // annotations. Throws ApiError 500.
  std::vector<object::Json> result_of(const WebhookAnswer& answer);

 private:
  std::vector<object::Json> objects_of(const WebhookAnswer& answer) const;
  enum class Fault { type, object, metadata };
  [[noreturn]] void failed(const std::string& why) const;
  [[noreturn]] void refuse(std::size_t index, Fault fault, const std::string& why) const;
  void check_identity(std::size_t index, const object::Json& made) const;
  void restore_metadata(std::size_t index, object::Json& made) const;
  // `conversion webhook for g/v, Kind=K`
  std::string who() const;

  std::string review_version_, url_, wanted_, uid_;
  std::vector<object::Json> objects_;
};

// What a webhook is told to go by in errors: its URL, or that of its service.
std::string webhook_url(const catalog::ConversionWebhook& hook);

}  // namespace limen::registry
