// LMDB: a transaction for each operation, as processes that share a map must. Nothing is written to a disk: its file
// is in /dev/shm, mapped writable, and not synced.
#include <lmdb.h>

#include <filesystem>

#include "../cases/table.hpp"

namespace stoa::benchmarks::lmdb_subject {
namespace {

void expect(int code, char const* what) {
  if (code != 0) throw std::runtime_error{fmt::format("{}: {}", what, ::mdb_strerror(code))};
}
MDB_val bytes_of(std::uint64_t& word) { return {sizeof(word), &word}; }

class environment {
 public:
  environment(std::string const& path, std::uint64_t bytes) {
    expect(::mdb_env_create(&env_), "mdb_env_create");
    expect(::mdb_env_set_mapsize(env_, bytes), "mdb_env_set_mapsize");
    expect(::mdb_env_open(env_, path.c_str(), MDB_NOSUBDIR | MDB_NOSYNC | MDB_WRITEMAP, 0600), "mdb_env_open");
  }
  environment(environment const&) = delete;
  environment& operator=(environment const&) = delete;
  ~environment() { ::mdb_env_close(env_); }
  MDB_env* get() const noexcept { return env_; }

 private:
  MDB_env* env_ = nullptr;
};

struct file {
  explicit file(std::string const& name) : path{"/dev/shm/" + name} {}
  file(file const&) = delete;
  file& operator=(file const&) = delete;
  ~file() {
    std::filesystem::remove(path);
    std::filesystem::remove(path + "-lock");
  }
  std::string path;
};

class map_peer {
 public:
  map_peer(std::string const& name, std::uint64_t elements)
      : file_{name}, env_{file_.path, elements * 200 + (64 << 20)} {
    write([&](MDB_txn* in) { return ::mdb_dbi_open(in, nullptr, MDB_INTEGERKEY, &table_); });
    expect(::mdb_txn_begin(env_.get(), nullptr, MDB_RDONLY, &reader_), "mdb_txn_begin");
    ::mdb_txn_reset(reader_);
  }
  map_peer(map_peer const&) = delete;
  map_peer& operator=(map_peer const&) = delete;
  ~map_peer() { ::mdb_txn_abort(reader_); }

  bool insert(std::uint64_t key, std::uint64_t value) {
    return write([&](MDB_txn* in) { return put(in, key, value, MDB_NOOVERWRITE); });
  }
  void fill(std::uint64_t from, std::uint64_t to) {
    write([&](MDB_txn* in) {
      for (auto i = from; i < to; ++i) expect(put(in, table_key(i), i, MDB_NOOVERWRITE), "mdb_put");
      return 0;
    });
  }
  // A transaction that is used again, as its documentation advises.
  std::optional<std::uint64_t> find(std::uint64_t key) {
    expect(::mdb_txn_renew(reader_), "mdb_txn_renew");
    auto where = bytes_of(key);
    MDB_val found;
    std::optional<std::uint64_t> out;
    if (::mdb_get(reader_, table_, &where, &found) == 0) {
      std::uint64_t value;
      std::memcpy(&value, found.mv_data, sizeof(value));
      out = value;
    }
    ::mdb_txn_reset(reader_);
    return out;
  }
  bool increment(std::uint64_t key) {
    return write([&](MDB_txn* in) {
      auto where = bytes_of(key);
      MDB_val found;
      if (auto const code = ::mdb_get(in, table_, &where, &found); code != 0) return code;
      std::uint64_t value;
      std::memcpy(&value, found.mv_data, sizeof(value));
      return put(in, key, value + 1, 0);
    });
  }
  bool erase(std::uint64_t key) {
    return write([&](MDB_txn* in) {
      auto where = bytes_of(key);
      return ::mdb_del(in, table_, &where, nullptr);
    });
  }
  std::uint64_t bytes() const {
    MDB_envinfo info{};
    MDB_stat stat{};
    expect(::mdb_env_info(env_.get(), &info), "mdb_env_info");
    expect(::mdb_env_stat(env_.get(), &stat), "mdb_env_stat");
    return (info.me_last_pgno + 1) * stat.ms_psize;
  }

 private:
  template <class Work>
  bool write(Work work) {
    MDB_txn* in = nullptr;
    expect(::mdb_txn_begin(env_.get(), nullptr, 0, &in), "mdb_txn_begin");
    auto const code = work(in);
    if (code == 0) {
      expect(::mdb_txn_commit(in), "mdb_txn_commit");
      return true;
    }
    ::mdb_txn_abort(in);
    if (code != MDB_NOTFOUND && code != MDB_KEYEXIST) expect(code, "lmdb");
    return false;
  }
  int put(MDB_txn* in, std::uint64_t key, std::uint64_t value, unsigned how) {
    auto where = bytes_of(key), what = bytes_of(value);
    return ::mdb_put(in, table_, &where, &what, how);
  }

  file file_;
  environment env_;
  MDB_dbi table_ = 0;
  MDB_txn* reader_ = nullptr;
};

bool const entered = enter_table<map_peer>("LMDB");

}  // namespace
}  // namespace stoa::benchmarks::lmdb_subject
