(function (Img2Stl) {
    "use strict";

    const TICK_MS = 1000;

    // what an errand to an endpoint is at, where the endpoint itself says nothing
    const awayText = (state) =>
        ({
            waiting: gettext("The photos are about to be sent"),
            submitting: gettext("The photos are being sent"),
            submitted: gettext("It is being worked on there"),
            fetching: gettext("The solid is being fetched")
        }[state] || "");

    // A solid while it is being made or waited for: how far it is, as far as anybody knows.
    Img2Stl.Generating = function (root, candidates) {
        const self = this;
        const now = ko.observable(Date.now() / 1000);

        self.candidate = ko.pureComputed(
            () => candidates.items().find(candidates.isActive) || null
        );
        // also while the chosen one is read and repaired
        self.isShown = ko.pureComputed(
            () => !!root.job() && root.job().state === "generating"
        );
        window.setInterval(function () {
            if (self.isShown() && !document.hidden) now(Date.now() / 1000);
        }, TICK_MS);

        const tell = (read) =>
            ko.pureComputed(() => (self.candidate() ? read(self.candidate()) : ""));
        const isRemote = (candidate) => candidate.endpoint !== "local";

        self.title = ko.pureComputed(function () {
            const candidate = self.candidate();
            if (!candidate) return gettext("The solid is being read");
            if (!isRemote(candidate)) return gettext("The solid is made on this machine");
            return _.sprintf(gettext("%(name)s makes the solid"), {name: candidate.label});
        });

        //~~ what it waits for

        const waits = function (candidate) {
            if (candidate.waiting_for === "print") {
                const problem = root.job() && root.job().problem;
                return problem
                    ? problem.message
                    : gettext("It waits until the print is finished.");
            }
            if (candidate.waiting_for === "offline") {
                return _.sprintf(
                    gettext(
                        "%(host)s does not answer at the moment. This goes on by itself as soon as it does; you may leave this page and the job alone."
                    ),
                    {host: candidate.host}
                );
            }
            if (candidate.waiting_for === "busy") {
                return _.sprintf(
                    gettext(
                        "%(host)s takes nothing new at the moment. It is asked again by itself; you may leave this page and the job alone."
                    ),
                    {host: candidate.host}
                );
            }
            return "";
        };
        self.waiting = tell(waits);
        // what else the endpoint, or who asks it, has to say
        self.message = tell((candidate) => candidate.message || "");
        self.stage = ko.pureComputed(function () {
            const candidate = self.candidate();
            const own = Img2Stl.jobStep(root.job() ? root.job().step : "");
            if (!candidate) return own;
            if (waits(candidate)) return "";
            if (candidate.queue_position > 0) {
                return _.sprintf(
                    ngettext(
                        "%(count)d other job is before this one.",
                        "%(count)d other jobs are before this one.",
                        candidate.queue_position
                    ),
                    {count: candidate.queue_position}
                );
            }
            if (candidate.stage) return candidate.stage;
            return candidate.away ? awayText(candidate.remote_state) : own;
        });

        //~~ percent, else time

        const percent = ko.pureComputed(function () {
            const candidate = self.candidate();
            const known = candidate
                ? candidate.progress
                : root.job() && root.job().percent;
            return known === null || known === undefined || self.waiting()
                ? null
                : Math.max(0, Math.min(100, Math.round(known)));
        });
        self.hasPercent = ko.pureComputed(() => percent() !== null);
        self.percentText = ko.pureComputed(() =>
            self.hasPercent()
                ? _.sprintf(gettext("%(percent)d %%"), {percent: percent()})
                : ""
        );
        self.barStyle = ko.pureComputed(() => ({
            width: (self.hasPercent() ? percent() : 100) + "%"
        }));
        self.barAttr = ko.pureComputed(() => ({
            "aria-valuenow": self.hasPercent() ? percent() : null,
            "aria-valuetext": self.percentText() || self.stage() || self.title(),
            "aria-label": self.title()
        }));
        self.timeText = tell(function (candidate) {
            const told = [];
            const since = candidate.running_since || candidate.started;
            if (since) {
                told.push(
                    _.sprintf(gettext("%(time)s so far"), {
                        time: Img2Stl.shortTime(Math.max(0, now() - since))
                    })
                );
            }
            if (waits(candidate)) return told.join(", ");
            if (candidate.eta_s > 0) {
                told.push(
                    _.sprintf(gettext("about %(time)s to go"), {
                        time: Img2Stl.shortTime(candidate.eta_s)
                    })
                );
            } else if (candidate.usual_s > 0) {
                told.push(
                    _.sprintf(gettext("usually about %(time)s"), {
                        time: Img2Stl.shortTime(candidate.usual_s)
                    })
                );
            }
            return told.join(", ");
        });

        //~~ for those who do not see it: only when something else happens

        const ENDS = {
            done: gettext("The solid of %(name)s is there."),
            failed: gettext("No solid could be made of %(name)s."),
            unsure: gettext(
                "Nobody knows whether the solid of %(name)s is being made; have a look."
            )
        };
        let known = null; // {id, number, waiting} that was last told about

        self.take = function (job) {
            const before = known;
            const list = (job && job.candidates) || [];
            const active = list.find(candidates.isActive);
            known = job && {
                id: job.id,
                number: active ? active.number : null,
                waiting: active ? active.waiting_for || "" : ""
            };
            if (!before || !known || before.id !== known.id) return;
            if (before.number !== null && known.number !== before.number) {
                followFocus();
                tellEnd(
                    job,
                    list.find((each) => each.number === before.number)
                );
            } else if (known.number !== null && before.number === null) {
                root.announcement(self.title());
            } else if (known.waiting && known.waiting !== before.waiting) {
                root.announcement(waits(active));
            }
        };
        // the button that had the keyboard's focus is gone; what came of it is where it was
        const followFocus = function () {
            const active = document.activeElement;
            const lost = !active || active === document.body; // a disabled button loses it
            if (lost || active.closest("#img2stl_generating")) {
                Img2Stl.focus("#img2stl_heading_candidates");
            }
        };
        const tellEnd = function (job, candidate) {
            const text = candidate && ENDS[candidate.state];
            if (!text) return;
            const sentence = _.sprintf(text, {name: job.name});
            root.announcement(sentence);
            if (root.isVisible()) return;
            Img2Stl.notify(
                candidate.state === "done" ? "success" : "error",
                gettext("Photo to print"),
                sentence
            );
        };
    };
})(window.Img2Stl);
