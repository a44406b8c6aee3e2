#include <catch2/catch.hpp>

#include "runtime/cli/lsp/cursor.hpp"
#include "runtime/cli/lsp/file_uri.hpp"
#include "runtime/cli/lsp/message_stream.hpp"
#include "runtime/cli/lsp/text_position.hpp"

using namespace mig::cli::lsp;

namespace {

// What a stream gives that gets its bytes in pieces of that size; a problem is `!` and its text.
std::vector<std::string> messages(std::string_view bytes, std::size_t piece) {
  MessageStream stream;
  std::vector<std::string> found;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    stream.feed(bytes.substr(at, piece));
    while (const auto one = stream.next())
      found.push_back(one->problem.empty() ? one->content : "!" + one->problem);
  }
  return found;
}

// The cursor is where `|` stands.
Cursor cursor_in(std::string text) {
  const std::size_t at = text.find('|');
  text.erase(at, 1);
  return cursor_at(text, static_cast<std::uint32_t>(at));
}

}  // namespace

TEST_CASE("messages are the same however their bytes come in") {
  const std::string bytes = framed("{}") + framed("") +
                            "Content-Type: x\r\ncontent-LENGTH:  3 \r\n\r\nüx" +
                            "no header\r\n\r\n" + framed("[1]");
  const auto whole = messages(bytes, bytes.size());
  REQUIRE(whole.size() == 5);
  CHECK(whole[0] == "{}");
  CHECK(whole[1].empty());
  CHECK(whole[2] == "üx");
  CHECK(whole[3].starts_with("!"));
  CHECK(whole[4] == "[1]");
  for (std::size_t piece = 1; piece < bytes.size(); ++piece)
    CHECK(messages(bytes, piece) == whole);
}

TEST_CASE("a stream goes on behind a message that is too large and a header without an end") {
  const std::size_t size = MessageStream::kLargest + 1;
  const std::string large = "Content-Length: " + std::to_string(size) + "\r\n\r\n";
  MessageStream stream;
  stream.feed(large);
  REQUIRE(stream.next().has_value());
  const std::string piece(1 << 20, ' ');
  for (std::size_t left = size; left > 0;) {
    const std::size_t count = std::min(left, piece.size());
    stream.feed(std::string_view(piece).substr(0, count));
    left -= count;
    CHECK_FALSE(stream.next().has_value());
  }
  stream.feed(framed("after"));
  CHECK(stream.next()->content == "after");

  MessageStream endless;
  endless.feed(std::string(1 << 20, 'x'));
  CHECK_FALSE(endless.next()->problem.empty());
  endless.feed("\r\n\r\n" + framed("then"));
  CHECK_FALSE(endless.next()->problem.empty());
  CHECK(endless.next()->content == "then");
}

TEST_CASE("positions and offsets lead to each other at every character") {
  const std::string text = "a\nü🦆x\r\n\rend 🦆";
  for (const Encoding encoding : {Encoding::Utf8, Encoding::Utf16}) {
    for (std::size_t at = 0; at <= text.size(); ++at) {
      const bool is_inside =
          at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
      const bool is_line_end = at > 0 && text[at - 1] == '\r' && text[at] == '\n';
      if (is_inside || is_line_end) continue;
      CHECK(offset_at(text, position_at(text, at, encoding), encoding) == at);
    }
  }
  const std::size_t duck = text.find("🦆");
  CHECK(position_at(text, duck, Encoding::Utf16) == TextPosition{1, 1});
  CHECK(position_at(text, duck, Encoding::Utf8) == TextPosition{1, 2});
  CHECK(position_at(text, duck + 4, Encoding::Utf16) == TextPosition{1, 3});
  CHECK(position_at(text, duck + 2, Encoding::Utf16) == TextPosition{1, 1});
  CHECK(position_at(text, text.find("end"), Encoding::Utf16) == TextPosition{3, 0});
  CHECK(position_at(text, 1'000, Encoding::Utf16) == TextPosition{3, 6});
}

TEST_CASE("a position that is nowhere is the nearest one before it") {
  const std::string text = "ab\n🦆\n";
  CHECK(offset_at(text, {0, 99}, Encoding::Utf16) == 2);
  CHECK(offset_at(text, {1, 1}, Encoding::Utf16) == 3);  // half a duck
  CHECK(offset_at(text, {1, 2}, Encoding::Utf16) == 7);
  CHECK(offset_at(text, {2, 0}, Encoding::Utf16) == text.size());
  CHECK(offset_at(text, {9, 9}, Encoding::Utf8) == text.size());
  CHECK(offset_at("", {0, 0}, Encoding::Utf8) == 0);
}

TEST_CASE("paths come back out of their URIs") {
  for (const char* path : {"/a/b.mig", "/with blank/ü%41.mig", "/a#b?c.mig"})
    CHECK(path_of(uri_of(path)) == path);
  CHECK(path_of("file:///a/./b/../c%2Emig") == "/a/c.mig");
  CHECK(path_of("file://localhost/a.mig") == "/a.mig");
  CHECK(path_of("file:///c%3A/a.mig") == "/c:/a.mig");
  for (const char* uri : {"http://a/b", "file://host/a", "file:///a%4", "file:///a%",
                          "file:///a%zz", "file:///a%00b", "untitled:Untitled-1", ""}) {
    CHECK_FALSE(path_of(uri).has_value());
  }
}

TEST_CASE("the cursor knows the blocks around it and the statement that it is in") {
  const Cursor in_step = cursor_in("plan p { phase a { scan old -> new { by = id; ch|");
  REQUIRE(in_step.around.size() == 3);
  CHECK(in_step.around[0] == Tokens{"plan", "p"});
  CHECK(in_step.around[2] == Tokens{"scan", "old", "->", "new"});
  CHECK(in_step.in_block == std::vector<std::string>{"by"});
  CHECK(in_step.statement.empty());
  CHECK(in_step.prefix == "ch");

  const Cursor behind = cursor_in("plan p { from a; to b }\nstore x: |");
  CHECK(behind.around.empty());
  CHECK(behind.statement == Tokens{"store", "x", ":"});
  CHECK(behind.last() == ":");
}

TEST_CASE("a statement goes on where its line cannot be its end") {
  CHECK(cursor_in("to a,\n  |").statement == Tokens{"to", "a", ","});
  CHECK(cursor_in("use std.text (trim\n |").brackets == "(");
  CHECK(cursor_in("require a\n  and |").statement == Tokens{"require", "a", "and"});
  CHECK(cursor_in("to a\n |").statement.empty());
}

TEST_CASE("nothing is completed inside texts and comments, and braces in them are none") {
  CHECK(cursor_in("# phase { |").is_in_text);
  CHECK(cursor_in("a = \"{ |").is_in_text);
  CHECK(cursor_in("sql \"\"\"\n select { |").is_in_text);
  const Cursor after = cursor_in("a = \"{\" # {\nb = \"\\\"{\"\nsql \"\"\"\n{ \" \n\"\"\"\n|");
  CHECK_FALSE(after.is_in_text);
  CHECK(after.around.empty());
  CHECK(cursor_in("a = \"not closed\n|").around.empty());
  CHECK(cursor_in("} } a { |").around.size() == 1);
}
