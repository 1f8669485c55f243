/* Preloaded into PostgreSQL: a flush of the disk takes as many milliseconds as the file named by
 * SLOW_DISK says. As with a real one, no signal ends the wait; a smaller number in the file does. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define SLICE 10 /* milliseconds */

static long milliseconds(void) {
    char text[16] = "";
    const char *name = getenv("SLOW_DISK");
    int file = name == NULL ? -1 : open(name, O_RDONLY | O_CLOEXEC);
    if (file < 0 || read(file, text, sizeof text - 1) < 0)
        text[0] = '\0';
    if (file >= 0)
        close(file);
    return atol(text);
}

static int slowly(const char *call, int file) {
    struct timespec slice = {0, SLICE * 1000000L};
    for (long waited = 0; waited < milliseconds(); waited += SLICE)
        nanosleep(&slice, NULL);
    return ((int (*)(int))dlsym(RTLD_NEXT, call))(file);
}

int fsync(int file) { return slowly("fsync", file); }

int fdatasync(int file) { return slowly("fdatasync", file); }
