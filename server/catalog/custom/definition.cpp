#include "catalog/custom/definition.h"

#include <algorithm>
#include <array>
#include <atomic>

#include "base/strings.h"
#include "object/metadata.h"

namespace limen::catalog {

namespace {

using object::find;
using object::member;
using object::text_at;

constexpr std::uint16_t kAllVerbs = kVerbGet | kVerbList | kVerbWatch | kVerbCreate | kVerbUpdate |
                                    kVerbPatch | kVerbDelete | kVerbDeleteCollection;
constexpr std::uint16_t kPartVerbs = kVerbGet | kVerbUpdate | kVerbPatch;
constexpr std::string_view kScaleType = "io.k8s.api.autoscaling.v1.Scale";

bool is_true(const Json* value) { return value && value->is_bool() && value->get_bool(); }

std::string text_of(const Json* object, std::string_view key) {
  return object ? std::string(text_at(*object, key)) : std::string();
}

std::vector<std::string> names_of(std::string_view path) {
  std::vector<std::string> names;
  if (const auto parsed = ColumnPath::parse(path)) {
    for (const std::string_view name : parsed->names()) names.emplace_back(name);
  }
  return names;
}

std::vector<PrinterColumn> columns_of(const Json& version) {
  std::vector<PrinterColumn> columns;
  const Json* list = member(version, "additionalPrinterColumns");
  if (!list || !list->is_array() || list->get_array().empty()) {
    // What kubectl shows of a kind whose definition says nothing.
    columns.push_back({"Age", "date", "", "How long ago the object was created.", 0,
                       *ColumnPath::parse(".metadata.creationTimestamp")});
    return columns;
  }
  for (const Json& one : list->get_array()) {
    const std::string path(text_at(one, "jsonPath"));
    auto parsed = ColumnPath::parse(path);
    if (!parsed) continue;
    std::string about(text_at(one, "description"));
    if (about.empty()) {
      about = "Custom resource definition column (in JSONPath format): " + path;
    }
    columns.push_back({std::string(text_at(one, "name")), std::string(text_at(one, "type")),
                       std::string(text_at(one, "format")), std::move(about),
                       static_cast<std::int32_t>(object::int_or(member(one, "priority"), 0)),
                       std::move(*parsed)});
  }
  return columns;
}

std::vector<SelectableField> selectable_of(const Json& version) {
  std::vector<SelectableField> fields;
  const Json* list = member(version, "selectableFields");
  if (!list || !list->is_array()) return fields;
  for (const Json& one : list->get_array()) {
    std::vector<std::string> path = names_of(text_at(one, "jsonPath"));
    if (path.empty()) continue;
    fields.push_back({base::join(path, "."), path});
  }
  return fields;
}

std::unique_ptr<ScalePaths> scale_of(const Json& version) {
  const Json* scale = find(version, {"subresources", "scale"});
  if (!scale || !scale->is_object()) return nullptr;
  auto paths = std::make_unique<ScalePaths>();
  paths->spec_text = text_at(*scale, "specReplicasPath");
  paths->spec = names_of(paths->spec_text);
  paths->status = names_of(text_at(*scale, "statusReplicasPath"));
  paths->selector = names_of(text_at(*scale, "labelSelectorPath"));
  return paths;
}

std::uint32_t next_serial() {
  static std::atomic<std::uint32_t> last{0};
  std::uint32_t serial = ++last;
  while (serial == 0) serial = ++last;
  return serial;
}

// The first version of ConversionReview that both sides know; kube-apiserver's order is the
// definition's.
std::string review_version_of(const Json& webhook) {
  for (std::string& one : object::texts_of(member(webhook, "conversionReviewVersions"))) {
    if (one == "v1" || one == "v1beta1") return std::move(one);
  }
  return {};
}

}  // namespace

std::unique_ptr<ConversionWebhook> conversion_webhook(const Json& definition) {
  const Json* conversion = find(definition, {"spec", "conversion"});
  if (!conversion || text_at(*conversion, "strategy") != "Webhook") return nullptr;
  auto hook = std::make_unique<ConversionWebhook>();
  const Json* webhook = member(*conversion, "webhook");
  const Json* client = webhook ? member(*webhook, "clientConfig") : nullptr;
  if (!client) return hook;
  hook->review_version = review_version_of(*webhook);
  hook->url = text_at(*client, "url");
  hook->ca_pem = base::base64_decode(text_at(*client, "caBundle")).value_or("");
  if (const Json* service = member(*client, "service"); service && service->is_object()) {
    hook->service_ns = text_at(*service, "namespace");
    hook->service_name = text_at(*service, "name");
    hook->path = text_at(*service, "path");
    hook->port = static_cast<std::uint16_t>(object::int_or(member(*service, "port"), 443));
  }
  return hook;
}

bool CustomKind::changes_on_read() const { return !any_fields || definition->stored_in_several(); }

bool CustomKind::converts() const {
  return definition->webhook() != nullptr && definition->stored_in_several();
}

std::string_view condition_of(const Json& definition, std::string_view type) {
  const Json* list = find(definition, {"status", "conditions"});
  if (!list || !list->is_array()) return {};
  for (const Json& one : list->get_array()) {
    if (text_at(one, "type") == type) return text_at(one, "status");
  }
  return {};
}

CustomDefinition::~CustomDefinition() = default;

CustomDefinition::CustomDefinition(const Json& object, std::shared_ptr<const std::string> text)
    : name_(object::name(object)),
      uid_(object::uid(object)),
      generation_(object::generation(object)),
      text_(std::move(text)) {
  const Json* spec = member(object, "spec");
  if (!spec || !spec->is_object()) return;
  group_ = text_at(*spec, "group");
  namespaced_ = text_at(*spec, "scope") == "Namespaced";
  established_ = condition_of(object, "Established") == "True";
  terminating_ =
      condition_of(object, "Terminating") == "True" || !object::deletion_timestamp(object).empty();
  webhook_ = conversion_webhook(object);
  read_names(object);
  const Json* versions = member(*spec, "versions");
  if (!versions || !versions->is_array()) return;
  // Resources point to these: they must not move.
  version_texts_.reserve(versions->get_array().size());
  std::string_view storage;
  for (const Json& version : versions->get_array()) {
    add_version(*spec, version);
    if (is_true(member(version, "storage"))) storage = text_at(version, "name");
  }
  const std::vector<std::string> stored =
      object::texts_of(find(object, {"status", "storedVersions"}));
  stored_in_several_ = kinds_.size() > 1 || stored.size() > 1;
  link_storage(storage);
}

void CustomDefinition::read_names(const Json& object) {
  // What was accepted is served, until other names are accepted.
  const Json* wanted = find(object, {"spec", "names"});
  const Json* accepted = find(object, {"status", "acceptedNames"});
  plural_ = text_of(wanted, "plural");
  const Json* names = accepted && !text_at(*accepted, "kind").empty() ? accepted : wanted;
  singular_ = text_of(names, "singular");
  kind_ = text_of(names, "kind");
  list_kind_ = text_of(names, "listKind");
  if (list_kind_.empty()) list_kind_ = kind_ + "List";
  if (!names) return;
  short_name_texts_ = object::texts_of(member(*names, "shortNames"));
  category_texts_ = object::texts_of(member(*names, "categories"));
  short_names_.assign(short_name_texts_.begin(), short_name_texts_.end());
  categories_.assign(category_texts_.begin(), category_texts_.end());
}

void CustomDefinition::add_version(const Json& spec, const Json& version) {
  version_texts_.emplace_back(text_at(version, "name"));
  auto kind = std::make_unique<CustomKind>();
  kind->definition = this;
  kind->served = is_true(member(version, "served"));
  kind->serial = next_serial();
  kind->list_kind = list_kind_;
  const Json* schema = find(version, {"schema", "openAPIV3Schema"});
  if (schema) kind->schema = compile_schema(*schema);
  kind->any_fields = !schema || is_true(member(spec, "preserveUnknownFields"));
  kind->columns = columns_of(version);
  kind->selectable = selectable_of(version);
  kind->scale = scale_of(version);
  if (is_true(member(version, "deprecated"))) {
    kind->warning = text_at(version, "deprecationWarning");
    if (kind->warning.empty()) {
      kind->warning = group_ + "/" + version_texts_.back() + " " + kind_ + " is deprecated";
    }
  }
  Resource& resource = kind->resource;
  resource.group = group_;
  resource.version = version_texts_.back();
  resource.name = plural_;
  resource.kind = kind_;
  resource.singular = singular_;
  resource.namespaced = namespaced_;
  resource.verbs = kAllVerbs;
  resource.short_names = short_names_;
  resource.categories = categories_;
  resource.type = nullptr;
  resource.storage_group = group_;
  resource.custom = kind.get();
  if (kind->scale) {
    kind->subresources.push_back(
        {"scale", "Scale", "autoscaling", "v1", find_type(kScaleType), kPartVerbs});
  }
  if (const Json* status = find(version, {"subresources", "status"});
      status && status->is_object()) {
    kind->subresources.push_back(
        {"status", resource.kind, resource.group, resource.version, nullptr, kPartVerbs});
  }
  resource.subresources = kind->subresources;
  kinds_.push_back(std::move(kind));
}

void CustomDefinition::link_storage(std::string_view storage_version) {
  const CustomKind* storage = kind_of(storage_version);
  if (!storage && !kinds_.empty()) storage = kinds_.front().get();
  for (const auto& kind : kinds_) {
    kind->storage = storage;
    kind->resource.storage_version = storage->resource.version;
  }
}

const CustomKind* CustomDefinition::kind_of(std::string_view version) const {
  for (const auto& kind : kinds_) {
    if (kind->resource.version == version) return kind.get();
  }
  return nullptr;
}

void CustomDefinition::retire() const {
  std::list<std::function<void()>> calls;
  {
    const std::lock_guard lock(mutex_);
    retired_ = true;
    // The places stay valid; only what they hold is taken.
    for (std::function<void()>& call : waiting_) calls.push_back(std::exchange(call, nullptr));
  }
  for (const std::function<void()>& call : calls) {
    if (call) call();
  }
}

CustomDefinition::Place CustomDefinition::on_retire(
    const std::shared_ptr<const CustomDefinition>& of, std::function<void()> call) {
  std::unique_lock lock(of->mutex_);
  if (of->retired_) {
    lock.unlock();
    call();
    return {};
  }
  return {of, of->waiting_.insert(of->waiting_.end(), std::move(call))};
}

CustomDefinition::Place::~Place() {
  if (!of_) return;
  const std::lock_guard lock(of_->mutex_);
  of_->waiting_.erase(at_);
}

}  // namespace limen::catalog
