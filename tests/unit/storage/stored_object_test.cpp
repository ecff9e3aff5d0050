#include "storage/stored_object.h"

#include <gtest/gtest.h>

#include "object/canonical.h"
#include "storage/scan.h"

namespace limen::storage {
namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;

TEST(ScanObject, ReadsUidAndLabelsSortedByKey) {
  const auto scanned =
      scan_object(R"({"apiVersion":"v1","kind":"Pod","spec":{"metadata":{"labels":{"no":"no"}}},)"
                  R"("metadata":{"name":"x","labels":{"b":"2","a":"1"},"uid":"u-1"}})");
  ASSERT_TRUE(scanned);
  EXPECT_EQ(scanned->uid, "u-1");
  EXPECT_EQ(scanned->labels, (Labels{{"a", "1"}, {"b", "2"}}));
}

TEST(ScanObject, IsNotMisledByBracketsAndQuotesInsideStrings) {
  const auto scanned =
      scan_object(R"({"data":{"x":"}\"]\\\\","y":"\\"},"n":[-1.5e3,true,null,{"a":"]"}],)"
                  R"("metadata":{"annotations":{"a":"\"uid\":\"no\""},"uid":"yes","name":"n"}})");
  ASSERT_TRUE(scanned);
  EXPECT_EQ(scanned->uid, "yes");
}

TEST(ScanObject, UnescapesLabels) {
  const auto scanned = scan_object(R"({"metadata":{"name":"n","labels":{"k\"e":"\u00e9\n"}}})");
  ASSERT_TRUE(scanned);
  EXPECT_EQ(scanned->labels, (Labels{{"k\"e", "\xc3\xa9\n"}}));
}

TEST(ScanObject, TakesNullAndEmptyLabels) {
  EXPECT_TRUE(scan_object(R"({"metadata":{"labels":null,"name":"n"}})"));
  EXPECT_TRUE(scan_object(R"({"metadata":{"labels":{},"name":"n"}})"));
}

TEST(ScanObject, RefusesWhatIsNotCanonical) {
  for (const std::string_view bad :
       {"", "{", "{}", "null", "[]", R"({"metadata":"x"})",
        R"({"metadata":{"name":"n"},"kind":"P"})", R"({"metadata":{"name":"n"})",
        R"({"metadata":{"name":"n}})", R"({"metadata":{"name":"n"}}x)",
        R"({"metadata":{"labels":{"a":1},"name":"n"}})", R"({"a":,"metadata":{"name":"n"}})"}) {
    EXPECT_FALSE(scan_object(bad)) << bad;
  }
}

TEST(ScanObject, SurvivesEveryTruncation) {
  const std::string whole =
      R"({"a":["\"",{"b":"\\"}],"metadata":{"labels":{"a":"1"},"uid":"u","name":"n"}})";
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(scan_object(std::string_view(whole).substr(0, length))) << length;
  }
  EXPECT_TRUE(scan_object(whole));
}

TEST(StoredObjects, GetTheirRevisionAsTheLastMemberOfMetadata) {
  const std::string text = R"({"kind":"Pod","metadata":{"name":"n","uid":"u"}})";
  const ObjectPtr object = finish(prepare("ns", "n", text), 42, 7);
  EXPECT_EQ(object->json, object::with_revision(text, 42));
  EXPECT_EQ(object->revision, 42);
  EXPECT_EQ(object->create_revision, 7);
  EXPECT_EQ(object->ns, "ns");
  EXPECT_EQ(object->uid, "u");
}

TEST(StoredObjects, GiveBackTheirCanonicalTextAtAnyRevision) {
  const std::string text = R"({"metadata":{"name":"n"}})";
  for (const Revision revision :
       {Revision{1}, Revision{99999999}, Revision{100000000}, INT64_MAX}) {
    EXPECT_EQ(canonical_text(*finish(prepare("", "n", text), revision, 1)), text) << revision;
  }
}

TEST(StoredObjects, CanBeToldAtAnotherRevision) {
  const std::string text = R"({"metadata":{"labels":{"a":"b"},"name":"n"}})";
  const ObjectPtr object = finish(prepare("", "n", text), 9, 5);
  const ObjectPtr later = at_revision(*object, 1000);
  EXPECT_EQ(later->json, object::with_revision(text, 1000));
  EXPECT_EQ(later->labels, object->labels);
  EXPECT_EQ(later->create_revision, 5);
  EXPECT_EQ(object->json, object::with_revision(text, 9));
}

TEST(StoredObjects, CostLittleMoreThanTheirText) {
  std::string text = R"({"kind":"ConfigMap","data":{"x":")" + std::string(900, 'x') +
                     R"("},"metadata":{"name":"some-name","namespace":"default",)"
                     R"("uid":"d5d53c1e-6a0c-4b4e-8f5a-0d1c2b3a4f5e"}})";
  const ObjectPtr object = finish(prepare("default", "some-name", text), 123456, 123456);
  EXPECT_LT(memory_of(*object), text.size() + 400);
}

}  // namespace
}  // namespace limen::storage
