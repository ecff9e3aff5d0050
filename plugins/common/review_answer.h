// A review (TokenReview, SubjectAccessReview) as it comes back from a webhook: its status, read
// strictly.
//
//   const ReviewAnswer review("TokenReview", "authentication.k8s.io/v1", body);
//   const ReviewFields status = review.status();
//   status.flag("authenticated");
//
// What is wrong with an answer is told with the field's path and never with the answer's words.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limen::plugins {

// A question that cannot be written, or an answer that is none.
class ReviewError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// An object of the answer, borrowed from it. Null and absent are the same, as in Kubernetes' own
// decoding. Each of these throws ReviewError when the field is there and of another type.
class ReviewFields {
 public:
  ReviewFields(const boost::json::object& object, std::string_view kind, std::string path)
      : object_(object), kind_(kind), path_(std::move(path)) {}

  std::string text(std::string_view key) const;                // absent: empty
  bool flag(std::string_view key) const;                       // absent: false
  std::vector<std::string> texts(std::string_view key) const;  // absent: none
  std::optional<ReviewFields> object(std::string_view key) const;
  // A map of texts: its members that are not null, in order.
  std::vector<std::pair<std::string, std::string>> pairs(std::string_view key) const;
  // A map of lists: its members that are not null, in order.
  std::vector<std::pair<std::string, std::vector<std::string>>> lists(std::string_view key) const;

  // Throws ReviewError: the field is `what`.
  [[noreturn]] void refuse(std::string_view key, std::string_view what) const;

 private:
  const boost::json::value* find(std::string_view key) const;
  std::vector<std::string> strings(const boost::json::value& list, std::string_view key) const;

  const boost::json::object& object_;
  std::string_view kind_;
  std::string path_;  // empty, or ends with a dot
};

class ReviewAnswer {
 public:
  // Whether an answer that names no kind and apiVersion counts as one of those asked for.
  enum class Naming : std::uint8_t { required, optional };

  // Throws ReviewError when `answer` is no JSON object of this kind and apiVersion. `kind` outlives
  // this.
  ReviewAnswer(std::string_view kind, std::string_view api_version, std::string_view answer,
               Naming naming = Naming::required);

  // Borrowed. Throws ReviewError when there is none.
  ReviewFields status() const;

 private:
  ReviewFields fields() const;

  std::string_view kind_;
  boost::json::value root_;
};

}  // namespace limen::plugins
