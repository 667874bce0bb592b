/* Threads that share the parts of a loop. A part is the same piece of work whoever does it, so that results do not
   depend on how many threads there are. One set of threads serves all programs of the process: a second caller, or a
   part that has parts itself, does its parts alone. A forked child has no threads at first and makes its own. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#define MOST 255                    /* threads besides the callers' */
#define SPINS 10000                 /* looks at what others do before a thread sleeps; some 100 microseconds: to wake takes 50 */

typedef void (*part_type)(const void *, int64_t);

static struct {
    pthread_mutex_t busy, lock;     /* busy: of the caller whose parts these are */
    pthread_cond_t wake, done;
    int made, wanted;               /* threads there are, that may help */
    atomic_int active;              /* that are helping */
    atomic_ulong job;
    part_type part;
    const void *call;
    int64_t parts;
    atomic_llong next;
} shared = {.busy = PTHREAD_MUTEX_INITIALIZER, .lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER,
            .done = PTHREAD_COND_INITIALIZER};
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* How many threads BLAS may use itself: one while parts or products are shared, `own` otherwise. */
static struct {
    pthread_mutex_t lock;
    int inside, own;
    int (*get)(void);
    void (*set)(int);
} blas = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Told once, before anything is shared. */
void etude_limits_blas(int (*get)(void), void (*set)(int)) { blas.get = get, blas.set = set; }

static void limit_blas(int change) {
    if (!blas.set) return;
    pthread_mutex_lock(&blas.lock);
    if (change > 0 && !blas.inside) {
        blas.own = blas.get();
        if (blas.own > 1) blas.set(1);
    }
    blas.inside += change;
    if (!blas.inside && blas.own > 1) blas.set(blas.own);
    pthread_mutex_unlock(&blas.lock);
}

static void begin_anew(void) {
    pthread_mutex_init(&shared.busy, NULL);
    pthread_mutex_init(&shared.lock, NULL);
    pthread_cond_init(&shared.wake, NULL);
    pthread_cond_init(&shared.done, NULL);
    shared.made = shared.wanted = shared.active = 0;
    pthread_mutex_init(&blas.lock, NULL);
    if (blas.inside && blas.own > 1) blas.set(blas.own);
    blas.inside = 0;
}

static void watch_forks(void) { pthread_atfork(NULL, NULL, begin_anew); }

static void look_again(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#else
    atomic_signal_fence(memory_order_seq_cst);
#endif
}

static void do_parts(void) {
    for (;;) {
        int64_t number = atomic_fetch_add(&shared.next, 1);
        if (number >= shared.parts) return;
        shared.part(shared.call, number);
    }
}

static void *helper(void *given) {
    int place = (int)(intptr_t)given;
    unsigned long seen = 0;
    pthread_mutex_lock(&shared.lock);
    for (;;) {
        while (place >= shared.wanted || seen == shared.job) {
            unsigned long last = shared.job;
            pthread_mutex_unlock(&shared.lock);
            for (int spins = 0; spins < SPINS && atomic_load_explicit(&shared.job, memory_order_relaxed) == last; spins++)
                look_again();
            pthread_mutex_lock(&shared.lock);
            if (shared.job == last) pthread_cond_wait(&shared.wake, &shared.lock);
        }
        seen = shared.job;
        shared.active++;
        pthread_mutex_unlock(&shared.lock);
        do_parts();
        pthread_mutex_lock(&shared.lock);
        if (--shared.active == 0) pthread_cond_signal(&shared.done);
    }
    return NULL;
}

static void make_helpers(int count) {
    while (shared.made < count && shared.made < MOST) {
        pthread_t made;
        pthread_attr_t detached;
        pthread_attr_init(&detached);
        pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
        int refused = pthread_create(&made, &detached, helper, (void *)(intptr_t)shared.made);
        pthread_attr_destroy(&detached);
        if (refused) return;
        shared.made++;
    }
}

/* part(call, number) for every number below `parts`, by at most `threads` threads, the caller's among them. */
void etude_share(int threads, int64_t parts, part_type part, const void *call) {
    if (threads < 2 || parts < 2 || pthread_mutex_trylock(&shared.busy)) {
        for (int64_t number = 0; number < parts; number++) part(call, number);
        return;
    }
    pthread_once(&once, watch_forks);
    limit_blas(1);
    int helpers = (int)(threads - 1 < parts - 1 ? threads - 1 : parts - 1);
    pthread_mutex_lock(&shared.lock);
    shared.part = part, shared.call = call, shared.parts = parts;
    atomic_store(&shared.next, 0);
    shared.wanted = helpers;
    atomic_fetch_add(&shared.job, 1);
    make_helpers(helpers);
    pthread_cond_broadcast(&shared.wake);
    pthread_mutex_unlock(&shared.lock);
    do_parts();
    pthread_mutex_lock(&shared.lock);
    shared.wanted = 0;              /* who wakes now comes too late */
    pthread_mutex_unlock(&shared.lock);
    for (int spins = 0; spins < SPINS && atomic_load_explicit(&shared.active, memory_order_relaxed); spins++) look_again();
    pthread_mutex_lock(&shared.lock);
    while (shared.active) pthread_cond_wait(&shared.done, &shared.lock);
    pthread_mutex_unlock(&shared.lock);
    limit_blas(-1);
    pthread_mutex_unlock(&shared.busy);
}

/* The same for parts that hold products, for which BLAS has one thread, so that they are the same bits for any number
   of threads here. Where nobody said how to limit BLAS, its threads are not given company. */
void etude_share_products(int threads, int64_t parts, part_type part, const void *call) {
    limit_blas(1);
    etude_share(blas.set ? threads : 1, parts, part, call);
    limit_blas(-1);
}
