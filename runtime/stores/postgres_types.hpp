// Which PostgreSQL values are read as, and written from, each of our types, in the binary form that
// COPY has. Nothing is rounded, cut or guessed: what does not fit is a Reject.
//
//   type          declared          read from and written to
//   bool          boolean           bool
//   i16 i32 i64   smallint, ...     int2, int4, int8, whatever fits the range
//   decimal(p,s)  numeric(p,s)      numeric whose value has at most s places and p digits, never
//                                   NaN or infinity; int2, int4, int8 are read too
//   f64           double precision  float8; float4 where the value is one; int2, int4 are read,
//                                   int8 up to 2^53 either way
//   text(n)       varchar(n), text  text, varchar, name, citext (as it is spelled); enum; char(n):
//                                   read without its padding, as the server's own cast does, and a
//                                   text that ends in a blank is not written to it
//   bytes         bytea             bytea
//   uuid          uuid              uuid; text that is one in lower case
//   date          date              date of the years 1 to 9999, never infinity
//   time          time              time before 24:00
//   timestamp     timestamptz       timestamptz of the years 1 to 9999, never infinity; timestamp,
//                                   which has no zone: taken as UTC
//   json          json              json; jsonb (spaces, order and repeated names are the server's;
//                                   no `\u0000`); text that is one JSON value
//   one_of        text              enum, text, varchar, citext, char(n) whose value is a word of
//   it [T]           T[]               an array of one dimension that begins at 1 or is empty, with
//                                   NULLs only where T is optional
//   optional      no NOT NULL       NULL
//
// A domain is what it is made of. What a modifier of the column would round or cut without a word
// (numeric(p,s), varchar(n), char(n), timestamp(p)) is rejected. Text has no U+0000. Intervals,
// money, timetz, ranges, bits, geometry and rows are no type of ours. Stateless; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "compiler/plan/types.hpp"
#include "runtime/data/batch.hpp"
#include "runtime/data/reject.hpp"
#include "runtime/stores/postgres_tuples.hpp"
#include "runtime/stores/postgres_wire.hpp"

namespace mig::runtime {

// Appends the value of a field of this type to `into`, or says why not and appends nothing.
std::optional<Reject> read_field(const PostgresType& type, const CopyField& field, Column& into);

// Appends length and bytes of a cell, as a column of this type takes it, to a tuple; or says why
// not and appends nothing.
std::optional<Reject> append_field(const PostgresType& type, const Column& from, std::size_t row,
                                   std::string& tuple);

// Whether some values of the one are values of the other: what a plan is told before it begins.
bool is_carried(const PostgresType& stored, const plan::Type& type);

// What stands behind a column's name in CREATE TABLE: `numeric(12,2) NOT NULL`.
std::string postgres_declaration(const plan::Type& type);

}  // namespace mig::runtime
