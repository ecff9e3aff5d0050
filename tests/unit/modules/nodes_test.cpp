#include "modules/nodes.h"

#include <gtest/gtest.h>

namespace limen::modules {
namespace {

limen_str text(std::string_view view) { return {view.data(), view.size()}; }

class Nodes : public testing::Test {
 protected:
  const limen_node_api& api = node_table();
  object::Document document = object::Document::parse(
      R"({"s":"text","i":-5,"u":18446744073709551615,"d":1.5,"b":true,"n":null,"l":[1,2],"o":{"a/b":1}})");
  const limen_node* root = root_node(document);
  const limen_node* at(std::string_view pointer) { return api.at(root, text(pointer)); }
};

TEST_F(Nodes, TellTheirKind) {
  EXPECT_EQ(api.kind(nullptr), LIMEN_NODE_ABSENT);
  EXPECT_EQ(api.kind(root), LIMEN_NODE_OBJECT);
  EXPECT_EQ(api.kind(at("/s")), LIMEN_NODE_STRING);
  EXPECT_EQ(api.kind(at("/i")), LIMEN_NODE_INT);
  EXPECT_EQ(api.kind(at("/u")), LIMEN_NODE_DOUBLE);  // does not fit int64_t
  EXPECT_EQ(api.kind(at("/d")), LIMEN_NODE_DOUBLE);
  EXPECT_EQ(api.kind(at("/b")), LIMEN_NODE_BOOL);
  EXPECT_EQ(api.kind(at("/n")), LIMEN_NODE_NULL);
  EXPECT_EQ(api.kind(at("/l")), LIMEN_NODE_ARRAY);
}

TEST_F(Nodes, AreFoundByPointerMemberAndIndex) {
  EXPECT_EQ(at(""), root);
  EXPECT_EQ(at("/o/a~1b"), api.member(api.member(root, text("o")), text("a/b")));
  EXPECT_EQ(at("/l/1"), api.item(at("/l"), 1, nullptr));
  EXPECT_EQ(at("/l/2"), nullptr);
  EXPECT_EQ(at("/s/x"), nullptr);
  EXPECT_EQ(at("no-slash"), nullptr);
  EXPECT_EQ(api.member(at("/l"), text("0")), nullptr);
  limen_str key{};
  EXPECT_EQ(api.item(root, 1, &key), at("/i"));
  EXPECT_EQ(std::string_view(key.ptr, key.len), "i");
  EXPECT_EQ(api.item(root, 8, &key), nullptr);
  EXPECT_EQ(api.size(root), 8u);
  EXPECT_EQ(api.size(at("/s")), 0u);
}

TEST_F(Nodes, ReadValuesOfTheirKindOnly) {
  std::int64_t number = 0;
  EXPECT_EQ(api.get_int(at("/i"), &number), LIMEN_OK);
  EXPECT_EQ(number, -5);
  EXPECT_EQ(api.get_int(at("/d"), &number), LIMEN_E_INVALID);
  EXPECT_EQ(api.get_int(at("/u"), &number), LIMEN_E_INVALID);
  EXPECT_EQ(api.get_int(at("/absent"), &number), LIMEN_E_NOT_FOUND);
  EXPECT_EQ(number, -5);
  double real = 0;
  EXPECT_EQ(api.get_double(at("/i"), &real), LIMEN_OK);
  EXPECT_EQ(real, -5);
  std::int32_t truth = 0;
  EXPECT_EQ(api.get_bool(at("/b"), &truth), LIMEN_OK);
  EXPECT_EQ(truth, 1);
  EXPECT_EQ(api.get_bool(at("/s"), &truth), LIMEN_E_INVALID);
  limen_str value{};
  EXPECT_EQ(api.get_string(at("/s"), &value), LIMEN_OK);
  EXPECT_EQ(std::string_view(value.ptr, value.len), "text");
  EXPECT_EQ(api.get_string(at("/i"), &value), LIMEN_E_INVALID);
}

TEST_F(Nodes, WriteCompactJson) {
  std::string out;
  const auto sink = [](void* arg, limen_str chunk) {
    static_cast<std::string*>(arg)->append(chunk.ptr, chunk.len);
  };
  EXPECT_EQ(api.write_json(at("/o"), sink, &out), LIMEN_OK);
  EXPECT_EQ(out, R"({"a/b":1})");
  out.clear();
  EXPECT_EQ(api.write_json(nullptr, sink, &out), LIMEN_OK);
  EXPECT_EQ(out, "");
}

TEST_F(Nodes, KeepTheirDocumentWhileRetained) {
  const limen_node* node = at("/o");
  const std::size_t before = retained_documents();
  api.retain(node);
  api.retain(at("/s"));  // the same document
  document = {};
  EXPECT_EQ(retained_documents(), before + 1);
  EXPECT_EQ(api.size(node), 1u);
  api.release(node);
  EXPECT_EQ(api.size(node), 1u);
  api.release(node);
  EXPECT_EQ(retained_documents(), before);
}

TEST_F(Nodes, ReleasingMoreThanWasRetainedDoesNothing) {
  api.release(root);
  api.release(nullptr);
  EXPECT_EQ(api.size(root), 8u);
}

}  // namespace
}  // namespace limen::modules
