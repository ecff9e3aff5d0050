// Admission controller: may change or refuse what is about to be stored.
//
// Implementations are modules (through the modules room) and, in tests, fakes. Any thread. The zero
// value of a result refuses.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "admission/versions.h"
#include "authz/authorizer.h"
#include "base/api_error.h"
#include "base/task.h"
#include "object/document.h"
#include "request/call_scope.h"

namespace limen::authz {
class Chain;
}

namespace limen::admission {

enum Operation : std::uint32_t { kCreate = 1, kUpdate = 2, kDelete = 4, kConnect = 8 };

struct Result;

// Told of a refusal when it is stated, before the controller has ended: it stands, even if the
// controller never ends. Any thread; quick.
class RefusalListener {
 public:
  virtual ~RefusalListener() = default;
  virtual void refused(const Result& refusal) = 0;
};

// One object on its way into the store. Lives on the request; `object` is replaced by each mutating
// controller that changes it.
struct Review {
  Operation operation = kCreate;
  const authz::Attributes* attributes = nullptr;  // resource, subresource, ns, name, verb, user
  std::string kind;                               // of the object
  object::Document object;                        // empty on delete
  object::Document old_object;                    // empty on create
  object::Document options;                       // CreateOptions, UpdateOptions, DeleteOptions
  bool dry_run = false;
  bool reinvocation = false;
  // In the first round: a change made now brings a second one, as another has looked already.
  bool comes_again = false;
  std::uint64_t write = 0;  // the same in both rounds of one mutation, and in no other
  // Whom a controller may ask about other rights; null: nobody.
  std::shared_ptr<const authz::Chain> authorizers;
  // The other versions of the object; null: nobody knows them.
  std::shared_ptr<const Versions> versions;
  // Null: nobody wants to know before the result.
  std::shared_ptr<RefusalListener> refusals;
};

struct Result {
  bool allowed = false;
  int code = 403;                         // of a refusal
  std::string reason;                     // machine-readable; empty: from the code
  std::string message;                    // of a refusal, as the controller words it
  std::vector<base::StatusCause> causes;  // of a refusal, for details.causes
  std::string error;         // the controller failed (and its failure policy is Fail): 500
  object::Document changed;  // admit only: the object after this controller; empty when unchanged
};

class Controller {
 public:
  virtual ~Controller() = default;
  virtual const std::string& name() const = 0;
  virtual bool handles(Operation operation) const = 0;
  virtual bool mutates() const = 0;
  virtual bool validates() const = 0;
  virtual base::Task<Result> admit(const Review& review, request::CallScope& scope) = 0;
  virtual base::Task<Result> validate(const Review& review, request::CallScope& scope) = 0;
};

}  // namespace limen::admission
