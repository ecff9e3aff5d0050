#include "modules/patch.h"

#include <gtest/gtest.h>

namespace limen::modules {
namespace {

PatchEdit edit(PatchEdit::Op op, std::string pointer, boost::json::value value = nullptr) {
  PatchEdit made;
  made.op = op;
  made.pointer = std::move(pointer);
  made.value = std::move(value);
  return made;
}
PatchEdit set(std::string pointer, boost::json::value value) {
  return edit(PatchEdit::Op::set, std::move(pointer), std::move(value));
}
PatchEdit insert(std::string pointer, boost::json::value value) {
  return edit(PatchEdit::Op::insert, std::move(pointer), std::move(value));
}
PatchEdit removal(std::string pointer) { return edit(PatchEdit::Op::remove, std::move(pointer)); }

std::string applied(std::string_view object, std::vector<PatchEdit> edits) {
  try {
    const object::Document before = object::Document::parse(object);
    const object::Document after = apply_edits(before, edits);
    return after ? after.to_json() : "unchanged";
  } catch (const PatchRefused& refused) {
    return refused.what();
  }
}

TEST(Patch, SetAddsAndReplacesMembers) {
  EXPECT_EQ(applied(R"({"a":1})", {set("/a", 2), set("/b", "x")}), R"({"a":2,"b":"x"})");
}

TEST(Patch, SetMakesMissingParents) {
  EXPECT_EQ(applied("{}", {set("/metadata/labels/team", "a")}),
            R"({"metadata":{"labels":{"team":"a"}}})");
  EXPECT_EQ(applied(R"({"metadata":null})", {set("/metadata/labels", 1)}),
            R"({"metadata":{"labels":1}})");
}

TEST(Patch, SetOnAnArrayReplacesAndDashAppends) {
  EXPECT_EQ(applied(R"({"l":[1,2]})", {set("/l/0", 9), set("/l/-", 3)}), R"({"l":[9,2,3]})");
  EXPECT_EQ(applied(R"({"l":[1]})", {set("/l/1", 9)}),
            "cannot edit \"/l/1\": there is no item \"1\"");
  EXPECT_EQ(applied(R"({"l":[1]})", {set("/l/01", 9)}),
            "cannot edit \"/l/01\": there is no item \"01\"");
}

TEST(Patch, InsertPutsBefore) {
  EXPECT_EQ(applied(R"({"l":[1,2]})", {insert("/l/0", 0), insert("/l/3", 3), insert("/l/-", 4)}),
            R"({"l":[0,1,2,3,4]})");
  EXPECT_EQ(applied(R"({"l":[]})", {insert("/l/1", 0)}),
            "cannot edit \"/l/1\": there is no item \"1\"");
}

TEST(Patch, TheEndOfAListThatIsNotThereIsRefused) {
  EXPECT_EQ(applied("{}", {set("/spec/tolerations/-", 1)}),
            "cannot edit \"/spec/tolerations/-\": the value is not an array");
}

TEST(Patch, RemovingWhatIsNotThereDoesNothing) {
  EXPECT_EQ(applied(R"({"a":[1]})", {removal("/b"), removal("/a/5"), removal("/x/y/z")}),
            "unchanged");
  EXPECT_EQ(applied(R"({"a":[1,2],"b":1})", {removal("/a/0"), removal("/b")}), R"({"a":[2]})");
}

TEST(Patch, PointersAreUnescaped) {
  EXPECT_EQ(applied("{}", {set("/a~1b~0c", 1)}), R"({"a/b~c":1})");
}

TEST(Patch, AValueWithoutPartsStopsAPointer) {
  EXPECT_EQ(applied(R"({"a":1})", {set("/a/b/c", 1)}),
            "cannot edit \"/a/b/c\": \"b\" is looked for in a value without parts");
  EXPECT_EQ(applied(R"({"a":1})", {set("/a/b", 1)}),
            "cannot edit \"/a/b\": the value above it has no parts");
}

TEST(Patch, TheWholeObjectMayBeReplacedByAnotherWithTheSameIdentity) {
  EXPECT_EQ(applied(R"({"metadata":{"name":"a"}})",
                    {set("", {{"metadata", {{"name", "a"}}}, {"data", 1}})}),
            R"({"metadata":{"name":"a"},"data":1})");
  EXPECT_EQ(applied(R"({"metadata":{"name":"a"}})", {set("", {{"data", 1}})}),
            "a module may not change metadata.name");
  EXPECT_EQ(applied("{}", {set("", 1)}), "cannot edit \"\": the object must stay an object");
}

TEST(Patch, EachProtectedMemberStays) {
  for (const std::string key : {"name", "namespace", "uid", "resourceVersion"}) {
    const std::string object = "{\"metadata\":{\"" + key + "\":\"a\"}}";
    EXPECT_EQ(applied(object, {set("/metadata/" + key, "b")}),
              "a module may not change metadata." + key);
    EXPECT_EQ(applied(object, {removal("/metadata")}), "a module may not change metadata." + key);
    EXPECT_EQ(applied("{}", {set("/metadata/" + key, "b")}),
              "a module may not change metadata." + key);
    EXPECT_EQ(applied(object, {set("/metadata/" + key, "b"), set("/metadata/" + key, "a")}),
              "unchanged");
  }
}

TEST(Patch, ThereMustBeAnObject) {
  const std::vector<PatchEdit> edits = {set("/a", 1)};
  EXPECT_THROW(apply_edits({}, edits), PatchRefused);
  EXPECT_FALSE(apply_edits({}, {}));
}

}  // namespace
}  // namespace limen::modules
