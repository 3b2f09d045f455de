// segment.pml: how processes come into a segment and leave it. Model of core/src/attachment.cpp and segment_file.cpp.
//
// One name in one directory. Each process opens or creates, asks whether others live, and leaves; any of them may die,
// or stop for good, between any two steps. Beside them whoever removes the segment, by force or when it is unused.
// What is what, and what is left out: docs/models.md.
//
// Check: deaths   DEATHS=1 PRESENT
// Check: two      DEATHS=2 USERS=2
// Check: stops    DEATHS=1 STOPS=1 USERS=2
// Check: lives    DEATHS=1 USERS=2 LIVES=2
// Check: cleaner  DEATHS=1 USERS=2 CLEANER
// Check: by_force DEATHS=1 USERS=2 CLEANER FORCE
// Bug: BUG_UNLINK_UNLOOKED       by_force  the last to leave does not look whether the name is still its file's
// Bug: BUG_LINK_FIRST            deaths    the file has its name before its header is written
// Bug: BUG_JOIN_AFTER_LINK       lives     the creator takes its place after the file has its name
// Bug: BUG_OPEN_UNLOOKED         lives     who opens does not look again whether the file still has its name
// Bug: BUG_GENERATION_AFTER_LOCK deaths    a place is locked before its generation advances
// Bug: BUG_LEAVE_UNLOCKED        lives     the last to leave looks around without the admin lock
// Bug: BUG_LOCK_OUTLIVES         deaths    locks do not go with their process, as words in shared memory would not

#ifndef USERS
#define USERS 3
#endif
#ifndef LIVES
#define LIVES 1
#endif
#ifndef DEATHS
#define DEATHS 0
#endif
#ifndef STOPS
#define STOPS 0
#endif
#define PLACES 2
#define FILES 8              // more than can be made, which is asserted
#define GC (USERS + 1)
#define WHO (USERS + 2)

mtype = { no_name, lost_name, no_place, held_up, opened };  // what became of an open

// --- the kernel's part ---
byte path;                   // the file that the name refers to, 0 none
byte made;                   // files made so far; while it is open a file's number is not another's
typedef file_state {
  bool is_whole;             // its header was written
  byte admin;                // who holds the lock on admin_lock_byte, 0 nobody
  byte place[PLACES];        // who holds those on place_lock_byte(0..)
  byte generation[PLACES];   // participant_record::generation
  bool is_forced;            // ghost: removed while somebody used it
};
file_state file[FILES];

// --- ghosts: what the assertions are about ---
byte in[WHO];                // the file this process is in, from the end of open to the beginning of leave
byte id_file[WHO];           // its latest participant_id, as a lane that it took says for ever: of this file,
byte id_place[WHO];          // this place
byte id_life[WHO];           // and this generation
bool is_gone[WHO];           // that life is over
bool dead[WHO];              // what the scheduler decided
bool stopped[WHO];
bool is_done[WHO];
byte deaths, stops;
#ifdef PRESENT
bool is_here;
#endif
bool may_be_left;            // the name may be left behind: somebody died, or left without the admin lock

inline drop_locks(which) {
  if :: file[which].admin == me -> file[which].admin = 0 :: else fi;
  if :: file[which].place[0] == me -> file[which].place[0] = 0 :: else fi;
  if :: file[which].place[1] == me -> file[which].place[1] = 0 :: else fi
}

#define is_elsewhere(who, which) (in[who] != 0 && in[who] != which && !file[in[who]].is_forced)

// All who are in are in the same segment, and it is the one that has the name.
inline enter() {
  assert(path == f || file[f].is_forced);
  assert(!is_elsewhere(1, f) && !is_elsewhere(2, f));
#if USERS > 2
  assert(!is_elsewhere(3, f));
#endif
  in[me] = f;
  id_file[me] = f;
  id_place[me] = mine;
  id_life[me] = life;
  is_gone[me] = false
}

inline unlink_it(is_force) {
  if :: is_force && path != 0 -> file[path].is_forced = true :: else fi;
  // Nobody loses the segment he is in; nor does a file go that was never looked at.
  assert(is_force || path == f);
  assert(is_force || (in[1] != path && in[2] != path) || path == 0);
#if USERS > 2
  assert(is_force || in[3] != path || path == 0);
#endif
  path = 0
}

// attachment::join: mine is the place, PLACES when all are taken
inline join() {
  mine = PLACES;
  i = 0;
  do
  :: atomic { i == PLACES || mine != PLACES -> break }
  :: atomic { i < PLACES && mine == PLACES && file[f].place[i] != 0 -> i++ }  // is_locked_elsewhere
  :: atomic { i < PLACES && mine == PLACES && file[f].place[i] == 0 -> life = file[f].generation[i] + 1 };
#ifndef BUG_GENERATION_AFTER_LOCK
    file[f].generation[i] = life;                                             // R5
#endif
    atomic { if :: file[f].place[i] == 0 -> file[f].place[i] = me; mine = i :: else -> i++ fi };  // try_lock
#ifdef BUG_GENERATION_AFTER_LOCK
    if :: mine != PLACES -> file[f].generation[mine] = life :: else fi
#endif
  od
}

// attachment::create: f stays 0 when the name is taken
inline create() {
  atomic { made++; assert(made < FILES); f = made };  // O_TMPFILE: a file without a name
#ifdef BUG_LINK_FIRST
  atomic { if :: path == 0 -> path = f :: else -> f = 0 fi };
  if
  :: f != 0 -> file[f].is_whole = true; join(); atomic { enter() }
  :: else
  fi
#else
  file[f].is_whole = true;                            // write_header
#ifdef BUG_JOIN_AFTER_LINK
  atomic { if :: path == 0 -> path = f :: else -> f = 0 fi };
  if
  :: f != 0 -> join(); atomic { if :: mine != PLACES -> enter() :: else -> f = 0 fi }
  :: else
  fi
#else
  join();
  atomic {                                            // linkat; when it fails the descriptor is closed
    assert(mine == 0);
    if :: path == 0 -> path = f; enter() :: else -> drop_locks(f); f = 0 fi
  }
#endif
#endif
}

// attachment::try_open: found tells what became of it (lost_name: removed while we came)
inline open() {
  atomic { f = path; found = (f == 0 -> no_name : opened) };        // open(2)
  if
  :: f == 0
  :: f != 0 ->
    assert(file[f].is_whole);                                          // read_header
    if                                                                 // admin_guard
    :: atomic { file[f].admin == 0 -> file[f].admin = me }
    :: atomic { file[f].admin != 0 -> f = 0; found = held_up }         // gives up after admin_patience
    fi;
#ifndef BUG_OPEN_UNLOOKED
    atomic { if :: f != 0 && path != f -> drop_locks(f); f = 0; found = lost_name :: else fi };  // is_at
#endif
    if
    :: f != 0 ->
      join();
      atomic { if :: mine == PLACES -> drop_locks(f); f = 0; found = no_place :: else -> enter() fi };
      if :: f != 0 -> file[f].admin = 0 :: f == 0 fi
    :: f == 0
    fi
  fi
}

// segment::try_open_or_create
inline open_or_create() {
  do
  :: open();
    if
    :: atomic { found == opened || found == no_place || found == held_up -> break }
    :: found == lost_name                                                   // attachment::open looks again
    :: found == no_name ->
      create();
      atomic { if :: f != 0 -> break :: f == 0 fi }                    // already_exists: look again
    fi
  od
}

// attachment::is_alive of everybody who was here: the lock first, then the generation. A5 <- R5
inline ask_for_lives() {
  other = 1;
  do
  :: atomic { other > USERS -> break }
  :: atomic { other <= USERS && (other == me || id_file[other] != f) -> other++ }
  :: atomic { other <= USERS && other != me && id_file[other] == f ->
      place_asked = id_place[other]; life_asked = id_life[other]; was_gone = is_gone[other] };
    atomic { looks_alive = (file[f].place[place_asked] != 0) };
    if :: looks_alive -> looks_alive = (file[f].generation[place_asked] == life_asked) :: !looks_alive fi;
    d_step {
      // Who was in from before the question until now is not dead; whose life was over before it is.
      assert(looks_alive || in[other] != f || id_place[other] != place_asked || id_life[other] != life_asked);
      assert(!looks_alive || !was_gone);
      other++; looks_alive = false; place_asked = 0; life_asked = 0; was_gone = false
    }
  od;
  other = 0
}

// attachment::leave
inline leave() {
  atomic {
    in[me] = 0;
    if
#ifndef BUG_LEAVE_UNLOCKED
    :: file[f].admin == 0 -> file[f].admin = me; is_locked = true      // try_lock_admin
    :: file[f].admin != 0 -> is_locked = false; may_be_left = true     // gives up after a second
#else
    :: is_locked = true
#endif
    fi
  };
  i = 0;
  do                                                                   // is_anybody_else_here
  :: atomic { i == PLACES || !is_locked -> break }
  :: atomic { i < PLACES && is_locked && (i == mine || file[f].place[i] == 0) -> i++ }
  :: atomic { i < PLACES && is_locked && i != mine && file[f].place[i] != 0 -> break }
  od;
  if
  :: i == PLACES ->
#ifndef BUG_UNLINK_UNLOOKED
    atomic { if :: path != f -> i = 0 :: else fi };                    // is_at
    if :: i == PLACES -> atomic { unlink_it(false) } :: i != PLACES fi
#else
    atomic { unlink_it(false) }
#endif
  :: i != PLACES
  fi;
  atomic { file[f].place[mine] = 0; is_gone[me] = true };
  atomic { if :: is_locked && file[f].admin == me -> file[f].admin = 0 :: else fi; is_locked = false; f = 0; mine = 0 }
}

proctype user(byte me) {
  byte f, mine, i, life, lives, other, place_asked, life_asked;
  bool is_locked, looks_alive, was_gone;
  mtype found;
#ifdef PRESENT
  atomic { if :: me == 1 -> f = 1; life = 1; is_here = true :: else -> is_here fi };
#endif
  {
    do
    :: atomic { lives == LIVES -> break }
    :: atomic { lives < LIVES -> lives++ };
#ifdef PRESENT
      if
      :: me == 1
      :: me != 1 -> open_or_create()
      fi;
#else
      open_or_create();
#endif
      if
      :: f != 0 ->
        if
        :: me == USERS || USERS == 2 -> ask_for_lives()                // of three alike one suffices
        :: me != USERS && USERS != 2
        fi;
        leave()
      :: f == 0
      fi
    od;
    atomic { is_done[me] = true; f = 0; mine = 0; i = 0; life = 0; lives = 0; found = 0 }
  } unless { dead[me] || stopped[me] };
  if
  :: dead[me] -> d_step {                                              // the kernel drops the locks
      in[me] = 0;
#ifndef BUG_LOCK_OUTLIVES
      if :: f != 0 -> drop_locks(f) :: else fi;
#endif
      is_gone[me] = true; is_done[me] = true;
      f = 0; mine = 0; i = 0; life = 0; lives = 0; other = 0; place_asked = 0; life_asked = 0;
      is_locked = false; looks_alive = false; was_gone = false; found = 0
    }
  :: else
  fi
}

#ifdef CLEANER
// attachment::remove
proctype cleaner(byte me) {
  byte f, i;
  do
  :: atomic { f = path; if :: f == 0 -> break :: else fi };
    if
    :: atomic { file[f].admin == 0 -> file[f].admin = me }
    :: atomic { file[f].admin != 0 -> break }                          // held_up
    fi;
    if
    :: atomic { path == f -> i = 0 };
#ifndef FORCE
      do                                                               // try_remove_unused
      :: atomic { i < PLACES && file[f].place[i] == 0 -> i++ }
      :: atomic { i == PLACES || file[f].place[i] != 0 -> break }
      od;
      if :: i == PLACES -> atomic { unlink_it(false) } :: i != PLACES fi;
#else
      atomic { unlink_it(true) };
#endif
      atomic { drop_locks(f); break }
    :: atomic { path != f -> drop_locks(f); f = 0 }                    // look again
    fi
  od;
  atomic { is_done[me] = true; f = 0; i = 0 }
}
#endif

// Who dies and who stops, at which moment: any, or nobody any more.
proctype scheduler() {
  byte who;
  do
  :: atomic { deaths < DEATHS -> select(who : 1 .. USERS);
      if :: !is_done[who] && !dead[who] && !stopped[who] -> dead[who] = true; deaths++; may_be_left = true
         :: else
      fi; who = 0 }
  :: atomic { stops < STOPS -> select(who : 1 .. USERS);
      if :: !is_done[who] && !dead[who] && !stopped[who] -> stopped[who] = true; stops++; may_be_left = true
         :: else
      fi; who = 0 }
  :: break
  od
}

// When nobody can go on: has everybody come to his end, and is nothing left that the next user cannot use?
proctype audit() {
  byte f, i;
  atomic {
    timeout;
    f = path;
    i = 1;
    do
    :: i <= USERS -> assert(is_done[i] || stopped[i]); i++             // nobody waits for anybody for ever
    :: else -> break
    od;
    if
    :: f != 0 ->
      assert(file[f].is_whole);
      assert(file[f].admin == 0 || stopped[file[f].admin]);
      if
      :: stops == 0 ->
        assert(file[f].place[0] == 0 && file[f].place[1] == 0);        // gc removes it, an opener finds a place
        assert(may_be_left)                                            // nobody died: the last has removed it
      :: else
      fi
    :: else
    fi
  }
}

init {
  atomic {
#ifdef PRESENT                                                         // user 1 has made it and is in it
    path = 1; made = 1; file[1].is_whole = true; file[1].place[0] = 1; file[1].generation[0] = 1;
    in[1] = 1; id_file[1] = 1; id_life[1] = 1;
#endif
    run user(1); run user(2);
#if USERS > 2
    run user(3);
#endif
#ifdef CLEANER
    run cleaner(GC);
#endif
    run audit(); run scheduler()
  }
}
