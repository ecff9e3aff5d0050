#include "object/selector.h"

#include <gtest/gtest.h>

namespace limen::object {
namespace {

const Labels kLabels = {{"app", "web"}, {"size", "10"}, {"tier", ""}};

bool selects(std::string_view text) { return LabelSelector::parse(text).matches(kLabels); }

std::string parse_error(std::string_view text) {
  try {
    LabelSelector::parse(text);
  } catch (const SelectorError& error) {
    return error.what();
  }
  return "";
}

TEST(LabelSelector, MatchesByEveryOperator) {
  for (const char* text :
       {"", "app=web", "app==web", "app!=db", "missing!=x", "app in (db, web)", "app notin (db)",
        "missing notin (x)", "app", "!missing", "size>9", "size<11", "tier=", "tier in ()",
        "app=web,!missing,tier", " app = web , size > 1 "}) {
    EXPECT_TRUE(selects(text)) << text;
  }
  for (const char* text :
       {"app=db", "app!=web", "app in (db)", "app notin (web)", "missing", "missing=x", "!app",
        "size>10", "size<10", "app>1", "missing>1", "app=web,missing"}) {
    EXPECT_FALSE(selects(text)) << text;
  }
}

TEST(LabelSelector, ReadsKeywordsAsValuesWhereValuesStand) {
  EXPECT_EQ(LabelSelector::parse("a in (in,notin)").to_string(), "a in (in,notin)");
  EXPECT_EQ(LabelSelector::parse("in=in").to_string(), "in=in");
}

TEST(LabelSelector, ReadsGapsBetweenCommasAsTheEmptyValue) {
  EXPECT_EQ(LabelSelector::parse("x in (a,,b)").to_string(), "x in (,a,b)");
  EXPECT_EQ(LabelSelector::parse("x in (,a)").to_string(), "x in (,a)");
  EXPECT_EQ(LabelSelector::parse("x in (a,)").to_string(), "x in (,a)");
}

TEST(LabelSelector, HasACanonicalTextSortedByKey) {
  for (const auto& [text, canonical] : std::vector<std::pair<std::string_view, std::string_view>>{
           {"b=1,a==2", "a==2,b=1"},
           {"z notin (b,a,b) , !c", "!c,z notin (a,b)"},
           {"x>1,y<2,w", "w,x>1,y<2"},
           {"k!=v", "k!=v"}}) {
    EXPECT_EQ(LabelSelector::parse(text).to_string(), canonical);
    EXPECT_EQ(LabelSelector::parse(canonical).to_string(), canonical);
  }
}

TEST(LabelSelector, WordsParseErrorsAsKubernetesDoes) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {"a=b=c", "found '=', expected: ',' or 'end of string'"},
      {"a=b,", "found '', expected: identifier after ','"},
      {",a", "found ',', expected: !, identifier, or 'end of string'"},
      {"a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"},
      {"a in b", "unable to parse requirement: found 'b' expected: '('"},
      {"a in (b", "unable to parse requirement: found '', expected: ',' or ')'"},
      {"!", "unable to parse requirement: found '', expected: identifier"},
      {"a>x",
       "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, "
       "the value must be an integer"},
      {"-a",
       "unable to parse requirement: <nil>: Invalid value: \"-a\": name part must consist of "
       "alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
       "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
       "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"},
      {"a=$",
       "unable to parse requirement: values[0][a]: Invalid value: \"$\": a valid label must be an "
       "empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
       "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex "
       "used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"},
  };
  for (const auto& [text, message] : cases) EXPECT_EQ(parse_error(text), message) << text;
}

TEST(LabelSelector, ComesFromALabelSelectorObject) {
  const LabelSelector selector = LabelSelector::from_object(boost::json::parse(
      R"({"matchLabels":{"b":"2","a":"1"},"matchExpressions":[
          {"key":"c","operator":"In","values":["y","x"]},
          {"key":"d","operator":"NotIn","values":["z"]},
          {"key":"e","operator":"Exists"},{"key":"f","operator":"DoesNotExist"}]})"));
  EXPECT_EQ(selector.to_string(), "a=1,b=2,c in (x,y),d notin (z),e,!f");
  EXPECT_TRUE(selector.matches({{"a", "1"}, {"b", "2"}, {"c", "x"}, {"e", ""}}));
}

TEST(LabelSelector, SelectsNothingFromNullAndEverythingFromAnEmptyObject) {
  EXPECT_FALSE(LabelSelector::from_object(Json(nullptr)).matches({}));
  EXPECT_TRUE(LabelSelector::from_object(Json(nullptr)).matches_nothing());
  EXPECT_TRUE(LabelSelector::from_object(boost::json::parse("{}")).matches_everything());
}

TEST(LabelSelector, RefusesAWrongOperatorInAnObject) {
  EXPECT_THROW(LabelSelector::from_object(boost::json::parse(
                   R"({"matchExpressions":[{"key":"a","operator":"Gt","values":["1"]}]})")),
               SelectorError);
  EXPECT_THROW(LabelSelector::from_object(boost::json::parse(
                   R"({"matchExpressions":[{"key":"a","operator":"In","values":[]}]})")),
               SelectorError);
}

std::string field_error(std::string_view text) {
  try {
    FieldSelector::parse(text);
  } catch (const SelectorError& error) {
    return error.what();
  }
  return "";
}

TEST(FieldSelector, MatchesEqualityAndItsNegation) {
  const auto value_of = [](std::string_view field) -> std::string_view {
    return field == "metadata.name" ? "x" : field == "status.phase" ? "Running" : "";
  };
  EXPECT_TRUE(FieldSelector::parse("metadata.name=x,status.phase!=Failed").matches(value_of));
  EXPECT_TRUE(FieldSelector::parse("spec.nodeName=").matches(value_of));
  EXPECT_TRUE(FieldSelector::parse("").matches(value_of));
  EXPECT_FALSE(FieldSelector::parse("metadata.name==y").matches(value_of));
  EXPECT_FALSE(FieldSelector::parse("status.phase!=Running").matches(value_of));
}

TEST(FieldSelector, UnescapesValuesAndWritesThemBack) {
  const FieldSelector selector = FieldSelector::parse(R"(a=x\,y\=z\\,b!=1)");
  ASSERT_EQ(selector.requirements().size(), 2u);
  EXPECT_EQ(selector.requirements()[0].value, R"(x,y=z\)");
  EXPECT_EQ(selector.to_string(), R"(a=x\,y\=z\\,b!=1)");
}

// What bounds a selector is the request it came in; its cost grows with its length and no faster.
TEST(LabelSelector, ALongOneIsReadAndMatchedInLinearTime) {
  std::string values = "a in (v0";
  std::string requirements = "k0=v";
  for (int i = 1; i < 10'000; ++i) {
    values += ",v" + std::to_string(i);
    requirements += ",k" + std::to_string(i) + "!=v";
  }
  EXPECT_TRUE(LabelSelector::parse(values + ")").matches(Labels{{"a", "v9999"}}));
  EXPECT_FALSE(LabelSelector::parse(values + ")").matches(Labels{{"a", "v10000"}}));
  EXPECT_TRUE(LabelSelector::parse(requirements).matches(Labels{{"k0", "v"}}));
  EXPECT_THROW(LabelSelector::parse("a in (" + std::string(100'000, ',') + "!"), SelectorError);
  EXPECT_THROW(LabelSelector::parse(std::string(100'000, '(')), SelectorError);
  EXPECT_THROW(LabelSelector::parse("k=" + std::string(100'000, 'v')), SelectorError);
}

TEST(FieldSelector, ALongOneIsReadInLinearTime) {
  std::string text = "f0=v";
  for (int i = 1; i < 10'000; ++i) text += ",f" + std::to_string(i) + "!=v";
  EXPECT_EQ(FieldSelector::parse(text).requirements().size(), 10'000U);
  const std::string escaped(100'000, '\\');
  EXPECT_EQ(FieldSelector::parse("a=" + escaped).requirements()[0].value.size(), 50'000U);
}

TEST(FieldSelector, NamesTheValueAFieldMustHave) {
  const FieldSelector selector = FieldSelector::parse("metadata.name=x,a!=b");
  ASSERT_NE(selector.exact("metadata.name"), nullptr);
  EXPECT_EQ(*selector.exact("metadata.name"), "x");
  EXPECT_EQ(selector.exact("a"), nullptr);
}

TEST(FieldSelector, WordsParseErrorsAsKubernetesDoes) {
  EXPECT_EQ(field_error("foo"), "invalid selector: 'foo'; can't understand 'foo'");
  EXPECT_EQ(field_error("a=b=c"), "invalid field selector: unescaped character in value: 61");
  EXPECT_EQ(field_error(R"(a=\x)"), R"(invalid field selector: invalid escape sequence: \x)");
}

}  // namespace
}  // namespace limen::object
