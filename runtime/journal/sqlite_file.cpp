#include "runtime/journal/sqlite_file.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <random>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <fmt/format.h>

#include "runtime/data/sha256.hpp"
#include "runtime/full_disk.hpp"
#include "runtime/journal/chain.hpp"
#include "runtime/journal/lock_file.hpp"
#include "runtime/stores/lock_holders.hpp"

namespace mig::runtime {
namespace {

constexpr const char* kTables = R"sql(
CREATE TABLE meta(k TEXT PRIMARY KEY, v ANY NOT NULL) STRICT;
CREATE TABLE record(seq INTEGER PRIMARY KEY, prev BLOB NOT NULL, hash BLOB NOT NULL,
  at TEXT NOT NULL, actor TEXT NOT NULL, epoch INTEGER NOT NULL, kind TEXT NOT NULL,
  body TEXT NOT NULL) STRICT;
CREATE TABLE lease(resource TEXT PRIMARY KEY, epoch INTEGER NOT NULL, holder TEXT NOT NULL,
  pid INTEGER NOT NULL, host TEXT NOT NULL, granted_at TEXT NOT NULL, beat_at TEXT NOT NULL,
  expires_at TEXT NOT NULL) STRICT;
CREATE TABLE request(id INTEGER PRIMARY KEY, run TEXT NOT NULL, want TEXT NOT NULL,
  who TEXT NOT NULL, why TEXT NOT NULL, at TEXT NOT NULL) STRICT;
CREATE TRIGGER record_order BEFORE INSERT ON record
  WHEN new.seq <> 1 + coalesce((SELECT max(seq) FROM record), 0)
  BEGIN SELECT RAISE(ABORT, 'records are numbered without gaps'); END;
CREATE TRIGGER record_update BEFORE UPDATE ON record
  BEGIN SELECT RAISE(ABORT, 'records are never changed'); END;
CREATE TRIGGER record_delete BEFORE DELETE ON record
  BEGIN SELECT RAISE(ABORT, 'records are never deleted'); END;
CREATE TRIGGER lease_update BEFORE UPDATE ON lease WHEN new.epoch < old.epoch
  BEGIN SELECT RAISE(ABORT, 'an epoch never decreases'); END;
CREATE TRIGGER lease_delete BEFORE DELETE ON lease
  BEGIN SELECT RAISE(ABORT, 'leases are never deleted'); END;
CREATE TRIGGER request_update BEFORE UPDATE ON request
  BEGIN SELECT RAISE(ABORT, 'requests are never changed'); END;
CREATE TRIGGER request_delete BEFORE DELETE ON request
  BEGIN SELECT RAISE(ABORT, 'requests are never deleted'); END;
)sql";

constexpr const char* kSettings =
    "PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = EXTRA; PRAGMA foreign_keys = ON;"
    "PRAGMA temp_store = MEMORY; PRAGMA recursive_triggers = ON; PRAGMA mmap_size = 0;"
    "PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON; PRAGMA secure_delete = ON;";

std::unexpected<Error> refuse(const std::filesystem::path& path, std::string_view what,
                              std::string help, Cause cause = Cause::Other) {
  return fail(ErrorKind::Permanent, fmt::format("the journal `{}` {}", path.string(), what),
              std::move(help), cause);
}

std::unexpected<Error> no_journal(const std::filesystem::path& path) {
  return fail(ErrorKind::Permanent, fmt::format("`{}` is not a journal", path.string()),
              "check the path");
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

Result<void> refuse_network(const std::filesystem::path& path) {
  struct Network {
    std::uint64_t magic;
    std::string_view name;
  };
  constexpr std::array<Network, 6> kNetworks = {{{0x6969, "NFS"},
                                                 {0x517b, "SMB"},
                                                 {0xff534d42, "CIFS"},
                                                 {0xfe534d42, "SMB"},
                                                 {0x01021997, "9p"},
                                                 {0x00c36400, "Ceph"}}};
  struct statfs system {};
  if (statfs(folder_of(path).c_str(), &system) != 0) return {};  // opening says what is wrong
  const auto magic = static_cast<std::uint64_t>(system.f_type) & 0xffffffff;
  for (const Network& network : kNetworks) {
    if (network.magic != magic) continue;
    return refuse(path, fmt::format("lies on a network file system ({})", network.name),
                  "locks and durability are not kept there; put it on a local disk");
  }
  return {};
}

Result<void> sync_folder(const std::filesystem::path& folder) {
  const int file = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool is_synced = file >= 0 && fsync(file) == 0;
  if (file >= 0) close(file);
  if (is_synced) return {};
  const int error = errno;
  return fail(
      ErrorKind::Permanent,
      fmt::format("the folder `{}` cannot be written: {}", folder.string(), std::strerror(error)),
      {}, is_disk_full(error) ? Cause::DiskFull : Cause::Other);
}

// An absent journal becomes an empty file that only its owner can read; SQLite gives its own
// side files the same mode.
Result<void> create_file(const std::filesystem::path& path) {
  const auto folder = folder_of(path);
  if (mkdir(folder.c_str(), 0700) == 0) MIG_TRY(sync_folder(folder_of(folder)));
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0 && errno == EEXIST) return {};
  if (file < 0) {
    return refuse(path, fmt::format("cannot be created: {}", std::strerror(errno)),
                  "check that its folder exists and that you may write there");
  }
  close(file);
  return sync_folder(folder);
}

std::string new_uuid() {
  std::random_device random;
  std::array<unsigned, 4> words{};
  for (unsigned& word : words)
    word = random();
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:04x}{:08x}", words[0], words[1] >> 16,
                     words[1] & 0xfff, 0x8000 | (words[2] >> 16 & 0x3fff), words[2] & 0xffff,
                     words[3]);
}

Result<std::int64_t> number(const Database& database, std::string_view sql) {
  MIG_ASSIGN(statement, database.prepare(sql));
  MIG_ASSIGN(has_row, statement.step());
  return has_row ? statement.integer(0) : 0;
}

Result<bool> is_empty(const Database& database) {
  MIG_ASSIGN(objects, number(database, "SELECT count(*) FROM sqlite_schema"));
  MIG_ASSIGN(application, number(database, "PRAGMA application_id"));
  return objects == 0 && application == 0;
}

Result<void> create_tables(const Database& database, const std::string& created_by) {
  MIG_ASSIGN(transaction, Transaction::begin_write(database));
  MIG_ASSIGN(is_still_empty, is_empty(database));
  if (!is_still_empty) return {};  // another process was first
  MIG_TRY(database.execute(kTables));
  MIG_TRY(database.execute(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}",
                                       kJournalApplication, kJournalFormat)));
  MIG_ASSIGN(meta, database.prepare("INSERT INTO meta VALUES('format', ?1), ('journal_uuid', ?2),"
                                    " ('created_by', ?3), ('head_seq', 0), ('head_hash', ?4)"));
  const std::string uuid = new_uuid();
  meta.bind(1, std::int64_t{kJournalFormat});
  meta.bind_text(2, uuid);
  meta.bind_text(3, created_by);
  meta.bind_bytes(4, as_bytes(chain_start(uuid)));
  MIG_TRY(meta.run());
  return transaction.commit();
}

Result<void> check_format(const Database& database) {
  const auto& path = path_of(database);
  MIG_ASSIGN(application, number(database, "PRAGMA application_id"));
  if (application != kJournalApplication) return no_journal(path);
  MIG_ASSIGN(format, number(database, "PRAGMA user_version"));
  if (format > kJournalFormat) {
    return refuse(
        path,
        fmt::format("has format {}, and this mig reads formats up to {}", format, kJournalFormat),
        "use the mig that wrote it, or a newer one", Cause::Newer);
  }
  if (format < 1)
    return refuse(path, "is damaged: it names no format", "restore a copy", Cause::Damaged);
  return {};
}

Result<void> quick_check(const Database& database) {
  MIG_ASSIGN(check, database.prepare("PRAGMA quick_check(1)"));
  MIG_ASSIGN(has_row, check.step());
  if (has_row && check.text(0) == "ok") return {};
  return refuse(path_of(database), "is damaged", "do not write to it; restore a copy",
                Cause::Damaged);
}

Result<JournalFile> prove(Database database) {
  MIG_TRY(check_format(database));
  MIG_TRY(quick_check(database));
  MIG_ASSIGN(tables, number(database,
                            "SELECT count(*) FROM sqlite_schema WHERE (type = 'table' AND name IN"
                            " ('meta', 'record', 'lease', 'request')) OR (type = 'trigger' AND"
                            " tbl_name IN ('record', 'lease', 'request'))"));
  if (tables != 4 + 7) {
    return refuse(path_of(database), "is damaged: a table or a guard of it is missing",
                  "somebody changed it by hand; restore a copy", Cause::Damaged);
  }
  std::string uuid;
  {
    MIG_ASSIGN(meta, database.prepare("SELECT v FROM meta WHERE k = 'journal_uuid'"));
    MIG_ASSIGN(has_row, meta.step());
    if (has_row) uuid = meta.text(0);
  }
  if (uuid.empty())
    return refuse(path_of(database), "is damaged: it has no name", "restore a copy",
                  Cause::Damaged);
  return JournalFile{std::move(database), std::move(uuid)};
}

Result<JournalFile> prepare_and_prove(Database database, Mode mode, const std::string& created_by) {
  MIG_ASSIGN(is_new, is_empty(database));
  // The lock file is made when the tables are there: an empty file without one is what a process
  // left that died while it made the journal.
  const bool was_used = std::filesystem::exists(path_of(database).string() + ".lock");
  const bool may_be_made = mode == Mode::Create || (mode == Mode::ReadWrite && !was_used);
  if (is_new && !may_be_made) {
    return refuse(path_of(database), "is empty", "if it held a run, restore a copy",
                  Cause::Damaged);
  }
  if (!is_new) MIG_TRY(check_format(database));  // before a pragma could change a stranger's file
  if (mode != Mode::ReadOnly) MIG_TRY(database.execute(kSettings));
  if (is_new) {
    MIG_TRY(create_tables(database, created_by));
    MIG_TRY(sync_folder(folder_of(path_of(database))));
  }
  return prove(std::move(database));
}

}  // namespace

Result<JournalFile> open_journal_file(const std::filesystem::path& path, Mode mode,
                                      std::chrono::milliseconds busy_wait,
                                      const std::string& created_by) {
  if (mode == Mode::Create) MIG_TRY(create_file(path));
  MIG_TRY(refuse_network(path));
  // The file exists by now; SQLite must never create one, it would be readable by others.
  const Mode sqlite_mode = mode == Mode::Create ? Mode::ReadWrite : mode;
  auto opened = open_sqlite(path, sqlite_mode, {.busy_wait = busy_wait, .noun = "journal"});
  if (!opened) return std::unexpected(explain_journal_error(opened.error(), path));
  auto file = prepare_and_prove(std::move(*opened), mode, created_by);
  if (!file) return std::unexpected(explain_journal_error(file.error(), path));
  return file;
}

Error explain_journal_error(Error error, const std::filesystem::path& path) {
  if (error.kind != ErrorKind::Transient) return error;
  error.kind = ErrorKind::Conflict;
  if (lock_holders(path).empty()) {
    const pid_t last = LockFile::last_holder(path.string() + ".lock");
    if (last != 0 && last != getpid() && process_state(last)) {
      error.help = fmt::format("the last to hold its lease is {}; wait for it or end it",
                               describe_process(last));
    }
  }
  return error;
}

}  // namespace mig::runtime
