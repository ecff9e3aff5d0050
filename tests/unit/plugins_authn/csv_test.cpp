#include "common/csv.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace limen::plugins {
namespace {

using Fields = std::vector<std::string>;

std::vector<Fields> fields_of(std::string_view text) {
  std::vector<Fields> all;
  for (CsvRecord& record : parse_csv(text)) all.push_back(std::move(record.fields));
  return all;
}

// "line: text" of the error, or "" when there is none.
std::string error_of(std::string_view text) {
  try {
    parse_csv(text);
    return "";
  } catch (const CsvError& error) {
    return std::to_string(error.line()) + ": " + error.what();
  }
}

TEST(Csv, NothingHoldsNoRecords) {
  EXPECT_TRUE(fields_of("").empty());
  EXPECT_TRUE(fields_of("\n\r\n\n").empty());
}

TEST(Csv, FieldsAreSeparatedByCommasAndRecordsByLineEnds) {
  EXPECT_EQ(fields_of("a,b,c\nd,e"), (std::vector<Fields>{{"a", "b", "c"}, {"d", "e"}}));
  EXPECT_EQ(fields_of("a,b\r\nc,d\r\n"), (std::vector<Fields>{{"a", "b"}, {"c", "d"}}));
}

TEST(Csv, EmptyFieldsCount) {
  EXPECT_EQ(fields_of(",,\n"), (std::vector<Fields>{{"", "", ""}}));
  EXPECT_EQ(fields_of("a,"), (std::vector<Fields>{{"a", ""}}));
}

TEST(Csv, QuotedFieldsHoldCommasLineEndsAndDoubledQuotes) {
  EXPECT_EQ(fields_of("\"a,b\",\"c\"\"d\",\"e\nf\""),
            (std::vector<Fields>{{"a,b", "c\"d", "e\nf"}}));
}

TEST(Csv, ALineEndInAQuotedFieldBecomesALineFeed) {
  EXPECT_EQ(fields_of("\"a\r\nb\",c"), (std::vector<Fields>{{"a\nb", "c"}}));
}

TEST(Csv, WhiteSpaceIsKept) {
  EXPECT_EQ(fields_of(" a , b\t"), (std::vector<Fields>{{" a ", " b\t"}}));
}

TEST(Csv, ACarriageReturnAloneIsAnOrdinaryCharacter) {
  EXPECT_EQ(fields_of("a\rb,c"), (std::vector<Fields>{{"a\rb", "c"}}));
}

TEST(Csv, AByteOrderMarkIsSkipped) {
  EXPECT_EQ(fields_of("\xEF\xBB\xBF"
                      "a,b"),
            (std::vector<Fields>{{"a", "b"}}));
}

TEST(Csv, RecordsKnowTheirLineAlsoAfterBlankLinesAndMultiLineFields) {
  const std::vector<CsvRecord> records = parse_csv("\na,b\n\"x\ny\",z\nlast\n");
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0].line, 2u);
  EXPECT_EQ(records[1].line, 3u);
  EXPECT_EQ(records[2].line, 5u);
}

TEST(Csv, AQuoteInsideAnUnquotedFieldIsAnError) {
  EXPECT_EQ(error_of("ok\nab\"c,d"), "2: a quote (\") inside an unquoted field");
}

TEST(Csv, TextAfterAClosingQuoteIsAnError) {
  EXPECT_EQ(error_of("\"a\"b,c"), "1: text after the closing quote (\") of a field");
}

TEST(Csv, AFieldThatIsNeverClosedIsAnErrorAtItsFirstLine) {
  EXPECT_EQ(error_of("a\n\"b\nc\n"), "2: a quoted field that is never closed");
}

TEST(Csv, ErrorsNeverQuoteTheInput) {
  EXPECT_EQ(error_of("canary\"secret,x").find("canary"), std::string::npos);
}

}  // namespace
}  // namespace limen::plugins
