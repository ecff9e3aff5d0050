#include "object/document.h"

#include <typeinfo>
#include <utility>

#include "object/canonical.h"
#include "object/decode.h"

namespace limen::object {

// The arena is the memory resource of every node in it, so a node leads back to it. Nodes hold it
// by plain pointer: the count is the Documents' alone and nothing in the arena refers to itself.
class Document::Body final : public boost::json::memory_resource,
                             public std::enable_shared_from_this<Document::Body> {
 public:
  explicit Body(std::size_t first_block);
  Json& root() { return root_; }
  const Json& root() const { return root_; }

 private:
  void* do_allocate(std::size_t bytes, std::size_t align) override {
    return pool_.allocate(bytes, align);
  }
  void do_deallocate(void*, std::size_t, std::size_t) override {}  // freed with the pool
  bool do_is_equal(const boost::json::memory_resource& other) const noexcept override {
    return this == &other;
  }

  boost::json::monotonic_resource pool_;
  Json root_;
};

}  // namespace limen::object

// Destroying a tree in the arena need not visit its nodes.
template <>
struct boost::json::is_deallocate_trivial<limen::object::Document::Body> {
  static constexpr bool value = true;
};

namespace limen::object {

Document::Body::Body(std::size_t first_block)
    : pool_(first_block < 256 ? 256 : first_block), root_(boost::json::storage_ptr(this)) {}

namespace {

// Text grows by about this factor once parsed; a guess that only sizes the first block.
constexpr std::size_t kExpansion = 3;

const Json& null_root() {
  static const Json null;
  return null;
}

}  // namespace

Document::Document(const Json& value) {
  if (Document owned = owner(value); owned && &owned.root() == &value) {
    body_ = std::move(owned.body_);
    return;
  }
  auto body = std::make_shared<Body>(1024);
  body->root() = value;
  body_ = std::move(body);
}

const Json& Document::root() const { return body_ ? body_->root() : null_root(); }

Document Document::owner(const Json& node) {
  const boost::json::storage_ptr storage = node.storage();
  const boost::json::memory_resource* resource = storage.get();
  if (typeid(*resource) != typeid(Body)) return {};
  return Document(static_cast<const Body*>(resource)->shared_from_this());
}

Document Document::parse(std::string_view json) {
  DocumentBuilder builder(json.size() * kExpansion);
  builder.root() = decode(json, Format::json, {.max_bytes = json.size()}).value;
  return builder.finish();
}

std::string Document::to_json() const { return object::to_json(root()); }

DocumentBuilder::DocumentBuilder(std::size_t expected_bytes)
    : body_(std::make_shared<Document::Body>(expected_bytes)) {}

Json& DocumentBuilder::root() { return body_->root(); }

boost::json::storage_ptr DocumentBuilder::storage() const {
  return boost::json::storage_ptr(body_.get());
}

Document DocumentBuilder::finish() {
  return Document(std::shared_ptr<const Document::Body>(std::move(body_)));
}

}  // namespace limen::object
