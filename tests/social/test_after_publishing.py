"""What can be done with a post that is out, and what others do with it there."""

import pytest

from social.after_publishing import comment_again, delete_there, edit_there, reply_there
from social.errors import NetworkAway
from social.measuring import measure_post
from social.posts import get_post
from social.publishing.working import drain
from tenants.errors import ConflictError, InvalidError
from tests.back_office import desk, text_of
from tests.social.publishing import Stage, connect, file_server, stage
from tests.social.sandboxes import control, sandbox

__all__ = ["connect", "file_server", "sandbox", "stage"]
pytestmark = pytest.mark.django_db
ALL = ("FACEBOOK", "INSTAGRAM", "TWITTER")
NAMES = {"FACEBOOK": "facebook", "INSTAGRAM": "instagram", "TWITTER": "x"}


def test_words_are_changed_where_the_network_lets_us_and_the_others_say_why_not(stage: Stage) -> None:
    post = stage.post(*ALL, media_ids=[stage.picture().pk])
    stage.turn()

    edit_there(post.pk, stage.target(post, "FACEBOOK").pk, text="The course is shut")

    assert stage.seen("facebook")[0]["message"] == "The course is shut"
    assert stage.target(post, "FACEBOOK").said == "The course is shut"
    for network, words in (("INSTAGRAM", "caption"), ("TWITTER", "paying")):
        with pytest.raises(ConflictError, match=words):
            edit_there(post.pk, stage.target(post, network).pk, text="The course is shut")


@pytest.mark.parametrize("network", ALL)
def test_a_post_is_deleted_there_and_asked_for_no_numbers_any_more(stage: Stage, network: str) -> None:
    post = stage.post(network, media_ids=[stage.picture().pk])
    stage.turn()

    gone = delete_there(post.pk, stage.target(post).pk)

    assert stage.seen(NAMES[network]) == []
    assert (gone.deleted_at is not None, gone.metrics_due_at) == (True, None)
    with pytest.raises(ConflictError):
        reply_there(post.pk, gone.pk, text="Hello")


@pytest.mark.parametrize("network", ALL)
def test_a_reply_stands_under_the_post_and_one_without_an_answer_is_not_repeated(
    stage: Stage, network: str
) -> None:
    post = stage.post(network, media_ids=[stage.picture().pk])
    stage.turn()
    key = stage.target(post).pk

    reply_there(post.pk, key, text="Until eight")
    stage.fault("cut_after", r"/comments$|/x-api/2/tweets$")
    with pytest.raises(NetworkAway, match="Look there first"):
        reply_there(post.pk, key, text="Until nine")

    rows = stage.seen(NAMES[network])
    said = [row["text"] for row in rows if row.get("parent")]
    said += [one["message"] for row in rows for one in row.get("comments", ())]
    assert sorted(said) == ["Until eight", "Until nine"]
    ours = [one for one in stage.outcomes(post) if one[0] == "COMMENT"]
    assert ours == [("COMMENT", "SUCCEEDED"), ("COMMENT", "UNKNOWN")]
    with pytest.raises(InvalidError):
        reply_there(post.pk, key, text="  ")


@pytest.mark.parametrize("network", ALL)
def test_what_people_change_or_delete_on_the_network_is_noticed(stage: Stage, network: str) -> None:
    text = "Fish & chips at golf.club\nfrom six"
    changed = stage.post(network, text=text, media_ids=[stage.picture().pk])
    kept = stage.post(network, text=f"{text}, daily", media_ids=[stage.picture(color="red").pk])
    stage.turn()
    act = {"network": NAMES[network], "id": stage.target(changed).network_post_id}

    control(stage.sandbox, "person", {**act, "action": "edit", "text": "No fish today"})
    measure_post(get_post(changed.pk))
    measure_post(get_post(kept.pk))

    assert (stage.target(changed).shown, stage.target(kept).shown) == ("No fish today", "")
    page = text_of(desk(stage.club.viewer).get(f"/admin/social/posts/{changed.pk}/"))
    assert "Somebody changed it on the network" in page
    control(stage.sandbox, "person", {**act, "action": "delete"})
    measure_post(get_post(changed.pk))
    assert stage.target(changed).deleted_at is not None


def test_a_lost_comment_is_written_again_by_a_button(stage: Stage) -> None:
    post = stage.post("TWITTER", first_comment="Bring a friend")
    control(stage.sandbox, "switches", {"x_self_reply": False})
    stage.turn()
    target = stage.target(post)
    assert (target.status, target.problem) == ("PUBLISHED", "REPLY_NOT_ALLOWED")
    control(stage.sandbox, "switches", {"x_self_reply": True})
    staff = desk(stage.club.marketing_manager)
    act = {"act": "comment_again", "target": str(target.pk)}

    answer = staff.post(f"/admin/social/posts/{post.pk}/act/", act, follow=True)
    stage.turn()
    drain(5)

    assert "The comment is written again." in text_of(answer)
    assert stage.target(post).comment_id
    with pytest.raises(ConflictError):
        comment_again(post.pk, target.pk)


def test_the_page_offers_what_the_network_allows(stage: Stage) -> None:
    post = stage.post("FACEBOOK")
    stage.turn()
    staff, target = desk(stage.club.marketing_manager), str(stage.target(post).pk)
    url = f"/admin/social/posts/{post.pk}/"

    page = text_of(staff.get(url))
    for act, text in (("edit_there", "Shut today"), ("reply_there", "Sorry"), ("delete_there", "")):
        staff.post(f"{url}act/", {"act": act, "target": target, "text": text})

    assert all(f'value="{act}"' in page for act in ("edit_there", "reply_there", "delete_there"))
    assert 'value="edit_there"' not in text_of(desk(stage.club.viewer).get(url))
    assert stage.seen("facebook") == []
    assert "Deleted there" in text_of(staff.get(url))
