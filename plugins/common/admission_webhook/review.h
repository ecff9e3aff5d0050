// AdmissionReview of admission.k8s.io, v1 and v1beta1, as it travels to a webhook and back.
#pragma once

#include <boost/json.hpp>
#include <cstddef>
#include <limen/cpp/admission.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limen::webhooks {

// What one webhook is asked about. Borrowed.
struct Question {
  const ObjectVersion& version;  // the resource and kind it is asked for
  const std::string& object;     // as it is now, in that version; empty: there is none
  const std::string& old_object;
};

// The questions about one call. They differ only in version, uid and objects. Any thread, one at a
// time.
class Questions {
 public:
  // `request`: as the client named what it writes.
  Questions(const AdmissionCall& call, const ObjectVersion& request);

  std::string write(std::string_view review_version, std::string_view uid,
                    const Question& question) const;

 private:
  std::string resource_, subresource_;
  std::string about_;  // the members before the object, without the uid and what is asked for
  std::string after_;  // those after the old object
};

// More warnings, or audit annotations, are no answer: each is compared with those before it.
inline constexpr std::size_t kMaxRemarks = 1000;

// What a webhook said, after all checks.
struct Answer {
  bool allowed = false;
  std::string patch;  // JSON text; empty: none
  // Of a refusal, as the webhook gave it.
  std::int64_t code = 0;
  std::string message, reason;
  struct Cause {
    std::string type, message, field;
  };
  std::vector<Cause> causes;
  std::vector<std::string> warnings;
  std::vector<std::pair<std::string, std::string>> annotations;
};

// An answer that is none: the text says how the call failed, without the answer's words except for
// a wrong uid or type.
class AnswerError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Throws AnswerError.
Answer read_answer(std::string_view version, std::string_view uid, bool mutating,
                   std::string_view body);

}  // namespace limen::webhooks
