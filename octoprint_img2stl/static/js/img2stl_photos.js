(function (Img2Stl) {
    "use strict";

    const FIRST = 1; // the photo that the job began with

    // The photos of the job as a strip: which one is worked on, more of them, fewer of them.
    Img2Stl.Photos = function (root) {
        const self = this;
        self.FIRST = FIRST;
        self.number = ko.observable(FIRST); // of the one that is turned and cropped
        self.problem = ko.observable(null);
        self.sending = ko.observable(0); // files that are not through yet
        self.removing = ko.observable(false);

        const job = root.job;
        const shape = () => (root.shape ? root.shape.relief.shape() : null);
        const sides = {
            box: [
                gettext("Front side"),
                gettext("Right side"),
                gettext("Rear side"),
                gettext("Left side"),
                gettext("Lid")
            ]
        };
        const isSolid = () => !!root.solid && root.solid.isChosen();
        const nameOf = function (place, number) {
            if (isSolid()) return root.solid.views.labelOf(number);
            const names = (shape() && sides[shape().name]) || [];
            return (
                names[place] ||
                _.sprintf(gettext("Photo %(number)d"), {number: place + 1})
            );
        };
        self.list = ko.pureComputed(function () {
            const open = job();
            if (!open || !open.photo) return [];
            const first = $.extend({}, open.photo, {
                number: FIRST,
                thumb_url: open.thumb_url
            });
            return [first].concat(open.photos || []).map((photo, place) => ({
                number: photo.number,
                name: nameOf(place, photo.number),
                url: Img2Stl.url(photo.url),
                thumb: Img2Stl.url(photo.thumb_url || photo.url),
                sizePx: photo.size_px,
                notices: photo.notices || []
            }));
        });
        self.others = ko.pureComputed(() => self.list().slice(1));
        self.isMany = ko.pureComputed(() => self.list().length > 1);
        self.selected = ko.pureComputed(
            () =>
                self.list().find((photo) => photo.number === self.number()) ||
                self.list()[0] ||
                null
        );
        self.notices = ko.pureComputed(() =>
            [].concat.apply(
                [],
                self.others().map((photo) => photo.notices)
            )
        );
        self.isSelected = (photo) => photo.number === self.number();
        self.isFirst = (photo) => photo.number === FIRST;
        self.select = (number) => self.number(number);
        // to where it can be turned and cropped
        self.show = function (photo) {
            self.select(photo.number);
            root.show("photo");
        };
        self.showLabel = (photo) =>
            _.sprintf(gettext("%(name)s: turn or crop it"), {name: photo.name});
        self.removeLabel = (photo) =>
            _.sprintf(gettext("%(name)s: remove it"), {name: photo.name});

        self.takesMany = ko.pureComputed(() => !!shape() && shape().photos[1] > 1);
        self.hint = ko.pureComputed(function () {
            if (!shape()) return "";
            if (isSolid()) {
                return gettext("Each photo shows the same thing from another side.");
            }
            const most = shape().photos[1];
            if (!self.takesMany()) {
                return gettext("Each photo becomes a piece of its own, side by side.");
            }
            if (self.list().length > most) {
                return _.sprintf(gettext("Only the first %(most)d photos are used."), {
                    most: most
                });
            }
            return sides[shape().name]
                ? gettext("In this order: front, right, back, left, lid.")
                : _.sprintf(gettext("It takes up to %(most)d photos."), {
                      most: most
                  });
        });

        //~~ more and fewer

        const most = () => {
            const state = root.state();
            return (state && state.limits && state.limits.photos) || FIRST;
        };
        self.isBusy = ko.pureComputed(() => self.sending() > 0 || self.removing());
        self.canChange = ko.pureComputed(
            () =>
                !!job() &&
                root.can("create") &&
                !!(job().can && job().can.change_photos) &&
                !self.isBusy()
        );
        self.canAdd = ko.pureComputed(
            () => self.canChange() && self.list().length < most()
        );

        const adopt = (answer) => root.adopt(answer.job, {stay: true});
        // one after the other, so that they keep their order
        const sendNext = function (id, files, taken) {
            const file = files.shift();
            self.sending(file ? files.length + 1 : 0);
            if (!file) return;
            self.problem(root.photo.tooLarge(file));
            if (self.problem()) {
                self.sending(0);
                return;
            }
            OctoPrint.plugins.img2stl
                .addPhoto(id, file, file.name || "photo.png")
                .done(function (answer) {
                    if (job() && job().id === id) {
                        // before anybody else sees the new photo
                        if (taken) taken(answer[0].job.photos.slice(-1)[0].number);
                        adopt(answer[0]);
                    }
                    sendNext(id, files, taken);
                })
                .fail(function (answer) {
                    self.problem(root.photo.uploadFailure(answer[0]));
                    self.sending(0);
                });
        };
        // taken, if given, gets the number of each photo that is in
        self.add = function (files, taken) {
            if (!self.canAdd()) return;
            const room = most() - self.list().length;
            sendNext(job().id, Array.from(files).slice(0, room), taken);
        };
        let wanted = null; // who waits for what is chosen
        self.choose = () => self.chooseFor(null);
        self.chooseFor = function (taken) {
            wanted = taken;
            document.getElementById("img2stl_more_files").click();
        };
        self.chosen = function (data, event) {
            self.add(event.target.files || [], wanted);
            // the same file may be chosen again
            event.target.value = "";
        };
        self.remove = function (photo) {
            if (!self.canChange()) return;
            self.removing(true);
            self.problem(null);
            OctoPrint.plugins.img2stl
                .removePhoto(job().id, photo.number)
                .done(function (answer) {
                    if (self.number() === photo.number) self.select(FIRST);
                    adopt(answer);
                    Img2Stl.focus(".img2stl-photos-add:not([disabled])");
                })
                .fail((xhr) => self.problem(Img2Stl.failure(xhr)))
                .always(() => self.removing(false));
        };
    };
})(window.Img2Stl);
