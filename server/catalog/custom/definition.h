// CustomDefinition: one CustomResourceDefinition as catalog entries: a Resource for each version.
//
// Made from the stored object each time it changes; requests keep the one they began with, so a
// definition that changes or goes takes nothing away from under them. Thread rule: immutable but
// for retire() and on_retire(), which are for any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/custom/column_path.h"
#include "catalog/custom/schema.h"
#include "object/document.h"

namespace limen::catalog {

class CustomDefinition;

struct PrinterColumn {
  std::string name, type, format, description;
  std::int32_t priority = 0;
  ColumnPath path;
};

// Where a Scale finds its numbers.
struct ScalePaths {
  std::string spec_text;                            // as the definition writes it: .spec.replicas
  std::vector<std::string> spec, status, selector;  // selector: empty when there is none
};

// Who turns the versions of a kind into one another when they differ by more than their name
// (spec.conversion.webhook).
struct ConversionWebhook {
  std::string url;                             // https; empty: the service
  std::string service_ns, service_name, path;  // path: with its slash, or empty
  std::uint16_t port = 443;                    // of the service
  std::string ca_pem;                          // empty: the system's authorities
  std::string review_version;                  // of ConversionReview: v1 or v1beta1
};

struct SelectableField {
  std::string name;  // spec.color
  std::vector<std::string> path;
};

// One version of a custom kind: what a Resource of it has beyond what every Resource has.
struct CustomKind {
  Resource resource;  // its `custom` is this
  const CustomDefinition* definition = nullptr;
  const CustomKind* storage = nullptr;  // of the version objects are stored in
  Schema schema;
  bool any_fields = false;  // spec.preserveUnknownFields, or no schema: nothing is pruned
  bool served = false;
  std::uint32_t serial = 0;  // of this schema among all there ever were; never 0
  std::string list_kind;
  std::string warning;  // of a deprecated version; empty: it is not
  std::vector<PrinterColumn> columns;
  std::vector<SelectableField> selectable;
  std::unique_ptr<ScalePaths> scale;  // null: no such subresource
  std::vector<Subresource> subresources;

  // True when objects must be looked at when they are read, because they may not be stored as this
  // version shows them.
  bool changes_on_read() const;
  // True when objects of other versions must be sent to the definition's webhook.
  bool converts() const;
};

class CustomDefinition {
 public:
  // `object` is a stored CustomResourceDefinition that has been checked; what is wrong with it
  // nevertheless is left out. `text`: the same as JSON, for what is only told on (schemas in
  // OpenAPI).
  explicit CustomDefinition(const Json& object, std::shared_ptr<const std::string> text = nullptr);
  CustomDefinition(const CustomDefinition&) = delete;
  CustomDefinition& operator=(const CustomDefinition&) = delete;
  ~CustomDefinition();

  const std::string& name() const { return name_; }
  const std::string& uid() const { return uid_; }
  std::int64_t generation() const { return generation_; }  // grows when the definition changes
  // Null when it was made without.
  const std::shared_ptr<const std::string>& text() const { return text_; }
  const std::string& group() const { return group_; }
  const std::string& plural() const { return plural_; }
  bool established() const { return established_; }
  bool terminating() const { return terminating_; }  // its objects are going: none may be created
  const std::vector<std::unique_ptr<CustomKind>>& kinds() const { return kinds_; }
  const CustomKind* kind_of(std::string_view version) const;
  // True when objects may be stored in another version than the present storage version.
  bool stored_in_several() const { return stored_in_several_; }

  // Null when versions differ by name alone (strategy None).
  const ConversionWebhook* webhook() const { return webhook_.get(); }

  // Calls what on_retire() has left: the definition serves nobody any more.
  void retire() const;
  // A place in the list of those who want to know; given up when destroyed.
  class Place {
   public:
    Place() = default;
    Place(std::shared_ptr<const CustomDefinition> of, std::list<std::function<void()>>::iterator at)
        : of_(std::move(of)), at_(at) {}
    Place(Place&& other) noexcept : of_(std::move(other.of_)), at_(other.at_) {}
    Place& operator=(Place&& other) noexcept {
      std::swap(of_, other.of_);
      std::swap(at_, other.at_);
      return *this;
    }
    ~Place();

   private:
    std::shared_ptr<const CustomDefinition> of_;
    std::list<std::function<void()>>::iterator at_;
  };
  // `call` runs at most once, on the thread that retires, and must not wait; at once when that has
  // happened.
  static Place on_retire(const std::shared_ptr<const CustomDefinition>& of,
                         std::function<void()> call);

 private:
  void read_names(const Json& object);
  void add_version(const Json& spec, const Json& version);
  void link_storage(std::string_view storage_version);

  std::string name_, uid_, group_, plural_, singular_, kind_, list_kind_;
  std::vector<std::string> short_name_texts_, category_texts_;
  std::vector<std::string_view> short_names_, categories_;
  std::vector<std::string> version_texts_;
  std::int64_t generation_ = 0;
  std::shared_ptr<const std::string> text_;
  bool namespaced_ = false, established_ = false, terminating_ = false;
  bool stored_in_several_ = false;
  std::unique_ptr<const ConversionWebhook> webhook_;
  std::vector<std::unique_ptr<CustomKind>> kinds_;

  mutable std::mutex mutex_;
  mutable bool retired_ = false;
  mutable std::list<std::function<void()>> waiting_;
};

// What spec.conversion says; null for anything but a webhook.
std::unique_ptr<ConversionWebhook> conversion_webhook(const Json& definition);

// The `status` of a condition of a stored definition: "True", "False", or "" when it has none.
std::string_view condition_of(const Json& definition, std::string_view type);

}  // namespace limen::catalog
